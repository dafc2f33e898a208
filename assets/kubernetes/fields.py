#!/usr/bin/env python3
"""Writes fields.txt: what the Go types of Kubernetes say of their fields and no schema repeats.

    python3 fields.py CHECKOUTS > fields.txt

CHECKOUTS holds `api`, `apimachinery`, `apiextensions-apiserver` and `kube-aggregator` of github.com/kubernetes, all at
the tag of one release (v0.36.2). Field numbers come from `generated.proto`; pointers, JSON names, patch strategies, list
types and enumerations from the Go declarations beside it.
"""

import re
import sys
from pathlib import Path

ROOT = Path(sys.argv[1])
META = "k8s.io.apimachinery.pkg.apis.meta.v1"
SCALARS = {"string", "bool", "int32", "int64", "double", "bytes"}
# Their JSON form is not that of a message: src/wire/protobuf/special.rs knows them.
SPECIAL = {
    f"{META}.Time", f"{META}.MicroTime", f"{META}.Timestamp", f"{META}.Duration", f"{META}.FieldsV1",
    "k8s.io.apimachinery.pkg.api.resource.Quantity",
    "k8s.io.apimachinery.pkg.util.intstr.IntOrString",
    "k8s.io.apimachinery.pkg.runtime.RawExtension",
    "k8s.io.apiextensions_apiserver.pkg.apis.apiextensions.v1.JSON",
    "k8s.io.apiextensions_apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrArray",
    "k8s.io.apiextensions_apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrBool",
    "k8s.io.apiextensions_apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrStringArray",
}


class Go:
    """The declarations of one Go package."""

    def __init__(self, folder):
        self.fields, self.atomic, self.aliases, self.enums, self.group = {}, set(), {}, {}, None
        for path in sorted(folder.glob("*.go")):
            if not path.name.startswith(("generated.", "zz_generated")) and not path.name.endswith("_test.go"):
                self.read(path.read_text())

    def read(self, text):
        if group := re.search(r'GroupName\s*=\s*"([^"]*)"', text):
            self.group = group[1]
        struct, notes = None, []
        for line in text.splitlines():
            if note := re.match(r"\s*//\s*(\+.*)", line):
                notes.append(note[1].strip())
                continue
            if line.strip().startswith("//"):
                continue
            if opened := re.match(r"type (\w+) struct \{", line):
                struct = opened[1]
                if any(re.fullmatch(r"\+(structType|mapType)=atomic", note) for note in notes):
                    self.atomic.add(struct)
            elif alias := re.match(r"type (\w+) (\S+)", line):
                self.aliases[alias[1]] = alias[2]
                if "+enum" in notes:
                    self.enums.setdefault(alias[1], set())
            elif line.startswith("}"):
                struct = None
            elif struct and (field := re.match(r"\t(.*?)\s*`([^`]*)`", line)):
                self.field(struct, field[1].split()[-1], dict(re.findall(r'(\w+):"([^"]*)"', field[2])), notes)
            elif constant := re.match(r'\s*(?:const )?\w+\s+(\w+)\s*=\s*"([^"]*)"', line):
                self.enums.setdefault("?" + constant[1], set()).add(constant[2])
            # A comment may be set off from its declaration by one empty line.
            if line.strip():
                notes = []

    def field(self, struct, type_, tags, notes):
        if tags.get("protobuf", "-") != "-":
            self.fields[struct, int(tags["protobuf"].split(",")[1])] = (type_, tags, notes)

    def enum(self, type_):
        """The values of an enumeration, sorted as upstream's OpenAPI sorts them."""
        name = re.sub(r"^[*\[\]]*(\w+\.)?", "", type_)
        return sorted(self.enums.get("?" + name, ())) if name in self.enums else []


def read_messages(path):
    """name -> [(number, proto type, proto name)] of one generated.proto."""
    messages, current = {}, None
    for line in path.read_text().splitlines():
        if package := re.match(r"package (\S+);", line):
            name = package[1]
        elif opened := re.match(r"message (\w+) \{", line):
            current = messages.setdefault(opened[1], [])
        elif field := re.match(r"  (optional|repeated|map<string, ([^>]+)>) ?(.*?) ?(\w+) = (\d+)", line):
            label, value, type_, proto_name, number = field.groups()
            shape = "map " if value else "[]" if label == "repeated" else ""
            current.append((int(number), shape, qualify(value or type_, name), proto_name))
    return name, messages


def qualify(type_, package):
    return type_ if type_ in SCALARS else type_[1:] if type_.startswith(".") else f"{package}.{type_}"


def notes_of(notes, tags, enum):
    for note in notes:
        if kept := re.fullmatch(r"\+listType=(\w+)", note):
            keys = [key[1] for other in notes if (key := re.fullmatch(r"\+listMapKey=(\w+)", other))]
            yield "list=" + ":".join([kept[1], *keys])
        elif kept := re.fullmatch(r"\+(?:mapType|structType)=(\w+)", note):
            yield "map=" + kept[1]
    if strategy := tags.get("patchStrategy"):
        yield "patch=" + ":".join([strategy, *filter(None, [tags.get("patchMergeKey")])])
    if enum:
        yield "enum=" + "|".join(enum)


def main():
    packages = {}
    for proto in ROOT.glob("**/generated.proto"):
        name, messages = read_messages(proto)
        packages[name] = (messages, Go(proto.parent))
    goes = {name: go for name, (_, go) in packages.items()}
    served = [name for name in packages if re.search(r"\.(v1|v2)$", name) and (name == META or goes[name].group is not None)]
    served = [name for name in served if not re.search(r"\.(testapigroup|apidiscovery|admission|imagepolicy)\.", name)]

    def enum_of(package, go_type):
        qualified = "." in go_type
        owner = "k8s.io.api.core.v1" if qualified and package != "k8s.io.api.core.v1" else package
        return goes[owner].enum(go_type)

    print("# Made by fields.py from the sources of Kubernetes v1.36.2. `@` a package and its API version, `:` a message (or")
    print("# `: name =type`, another name), then its fields: JSON name (`-` inlined), number, type (`*` pointer), `!` when zero is")
    print("# written too, and what servers and patches know of it.")
    for package in sorted(served):
        messages, go = packages[package]
        group = go.group if package != META else "meta.k8s.io"
        version = package.rsplit(".", 1)[1]
        print(f"@{package} {group + '/' if group else ''}{version}")
        for message, fields in sorted(messages.items()):
            if f"{package}.{message}" in SPECIAL:
                continue
            alias = go.aliases.get(message, "")
            if alias.startswith("[]"):
                print(f":{message} ={fields[0][1]}{fields[0][2]}")
                continue
            if alias.startswith("metav1."):
                print(f":{message} ={META}.{alias.removeprefix('metav1.')}")
                continue
            print(f":{message}{' atomic' if message in go.atomic else ''}")
            for number, shape, type_, proto_name in fields:
                go_type, tags, notes = go.fields[message, number]
                json_name, *options = tags["json"].split(",")
                json_name = "-" if "inline" in options and not json_name else json_name
                always = "" if "omitempty" in options or json_name == "-" else "!"
                pointer = "*" if go_type.startswith("*") else ""
                short = type_.removeprefix(package + ".")
                extra = " ".join(["", *notes_of(notes, tags, enum_of(package, go_type))])
                print(f"{json_name} {number} {pointer}{shape}{short}{always}{extra}")


main()
