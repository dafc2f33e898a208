//! A Pod's spec as the API server's internal types write it: every field, under its Go name, in the order of the Go structs.
//! Only refusals of updates show it, as the two sides of a difference.
//!
//! Source of names and order: `pkg/apis/core/types.go`. Types that are not in the table (volumes of cloud vendors, parts of
//! affinity) show the fields that are set, in alphabetical order.

use serde_json::{Map, Value};

/// The Go structs: name and fields. A field is a Go name and what stands there when nothing is set: `s` an empty text, `i` zero,
/// `b` false, `*` null; or the struct that it holds: `T` always, `*T` if set, `[]T` many.
const STRUCTS: &[(&str, &str)] = &[
    (
        "PodSpec",
        "Volumes:[]Volume InitContainers:[]Container Containers:[]Container EphemeralContainers:* RestartPolicy:s \
         TerminationGracePeriodSeconds:* ActiveDeadlineSeconds:* DNSPolicy:s NodeSelector:* ServiceAccountName:s \
         AutomountServiceAccountToken:* NodeName:s SecurityContext:*PodSecurityContext ImagePullSecrets:[]Reference Hostname:s \
         Subdomain:s SetHostnameAsFQDN:* Affinity:*Affinity SchedulerName:s Tolerations:[]Toleration HostAliases:[]HostAlias \
         PriorityClassName:s Priority:* PreemptionPolicy:* DNSConfig:*PodDNSConfig ReadinessGates:* RuntimeClassName:* Overhead:* \
         EnableServiceLinks:* TopologySpreadConstraints:[]TopologySpreadConstraint OS:* SchedulingGates:[]Reference \
         ResourceClaims:* Resources:*ResourceRequirements HostnameOverride:*",
    ),
    (
        "Volume",
        "Name:s HostPath:*HostPath EmptyDir:*EmptyDir GCEPersistentDisk:* AWSElasticBlockStore:* GitRepo:* Secret:*Secret NFS:*NFS \
         ISCSI:* Glusterfs:* PersistentVolumeClaim:*Claim RBD:* Quobyte:* FlexVolume:* Cinder:* CephFS:* Flocker:* \
         DownwardAPI:*DownwardAPI FC:* AzureFile:* ConfigMap:*ConfigMap VsphereVolume:* AzureDisk:* PhotonPersistentDisk:* \
         Projected:*Projected PortworxVolume:* ScaleIO:* StorageOS:* CSI:* Ephemeral:* Image:*",
    ),
    ("HostPath", "Path:s Type:*"),
    ("EmptyDir", "Medium:s SizeLimit:*"),
    ("Secret", "SecretName:s Items:[]KeyToPath DefaultMode:* Optional:*"),
    ("NFS", "Server:s Path:s ReadOnly:b"),
    ("Claim", "ClaimName:s ReadOnly:b"),
    ("DownwardAPI", "Items:[]DownwardFile DefaultMode:*"),
    ("ConfigMap", "Name:s Items:[]KeyToPath DefaultMode:* Optional:*"),
    ("Projected", "Sources:[]Projection DefaultMode:*"),
    (
        "Projection",
        "Secret:*SecretProjection DownwardAPI:*DownwardProjection ConfigMap:*SecretProjection ServiceAccountToken:*TokenProjection \
         ClusterTrustBundle:* PodCertificate:*",
    ),
    ("SecretProjection", "Name:s Items:[]KeyToPath Optional:*"),
    ("DownwardProjection", "Items:[]DownwardFile"),
    ("TokenProjection", "Audience:s ExpirationSeconds:i Path:s"),
    ("KeyToPath", "Key:s Path:s Mode:*"),
    ("DownwardFile", "Path:s FieldRef:*FieldRef ResourceFieldRef:*ResourceFieldRef Mode:*"),
    ("FieldRef", "APIVersion:s FieldPath:s"),
    ("ResourceFieldRef", "ContainerName:s Resource:s Divisor:s"),
    (
        "Container",
        "Name:s Image:s Command:* Args:* WorkingDir:s Ports:[]ContainerPort EnvFrom:[]EnvFrom Env:[]EnvVar \
         Resources:ResourceRequirements ResizePolicy:* RestartPolicy:* RestartPolicyRules:* VolumeMounts:[]VolumeMount \
         VolumeDevices:* LivenessProbe:*Probe ReadinessProbe:*Probe StartupProbe:*Probe Lifecycle:*Lifecycle \
         TerminationMessagePath:s TerminationMessagePolicy:s ImagePullPolicy:s SecurityContext:*SecurityContext Stdin:b StdinOnce:b \
         TTY:b",
    ),
    ("ContainerPort", "Name:s HostPort:i ContainerPort:i Protocol:s HostIP:s"),
    ("EnvFrom", "Prefix:s ConfigMapRef:*OptionalRef SecretRef:*OptionalRef"),
    ("OptionalRef", "Name:s Optional:*"),
    ("EnvVar", "Name:s Value:s ValueFrom:*EnvVarSource"),
    (
        "EnvVarSource",
        "FieldRef:*FieldRef ResourceFieldRef:*ResourceFieldRef ConfigMapKeyRef:*KeySelector SecretKeyRef:*KeySelector FileKeyRef:*",
    ),
    ("KeySelector", "Name:s Key:s Optional:*"),
    ("ResourceRequirements", "Limits:* Requests:* Claims:*"),
    ("VolumeMount", "Name:s ReadOnly:b RecursiveReadOnly:* MountPath:s SubPath:s MountPropagation:* SubPathExpr:s"),
    (
        "Probe",
        "Exec:*Exec HTTPGet:*HTTPGet TCPSocket:*TCPSocket GRPC:*GRPC InitialDelaySeconds:i TimeoutSeconds:i PeriodSeconds:i \
         SuccessThreshold:i FailureThreshold:i TerminationGracePeriodSeconds:*",
    ),
    ("Lifecycle", "PostStart:*Hook PreStop:*Hook StopSignal:*"),
    ("Hook", "Exec:*Exec HTTPGet:*HTTPGet TCPSocket:*TCPSocket Sleep:*Sleep"),
    ("Exec", "Command:*"),
    ("HTTPGet", "Path:s Port:s Host:s Scheme:s HTTPHeaders:[]Header"),
    ("Header", "Name:s Value:s"),
    ("TCPSocket", "Port:s Host:s"),
    ("GRPC", "Port:i Service:*"),
    ("Sleep", "Seconds:i"),
    (
        "SecurityContext",
        "Capabilities:*Capabilities Privileged:* SELinuxOptions:* WindowsOptions:* RunAsUser:* RunAsGroup:* RunAsNonRoot:* \
         ReadOnlyRootFilesystem:* AllowPrivilegeEscalation:* ProcMount:* SeccompProfile:* AppArmorProfile:*",
    ),
    ("Capabilities", "Add:* Drop:*"),
    (
        "PodSecurityContext",
        "HostNetwork:b HostPID:b HostIPC:b ShareProcessNamespace:* HostUsers:* SELinuxOptions:* WindowsOptions:* RunAsUser:* \
         RunAsGroup:* RunAsNonRoot:* SupplementalGroups:* SupplementalGroupsPolicy:* FSGroup:* FSGroupChangePolicy:* Sysctls:* \
         SeccompProfile:* AppArmorProfile:* SELinuxChangePolicy:*",
    ),
    ("Reference", "Name:s"),
    ("Affinity", "NodeAffinity:* PodAffinity:* PodAntiAffinity:*"),
    ("Toleration", "Key:s Operator:s Value:s Effect:s TolerationSeconds:*"),
    ("HostAlias", "IP:s Hostnames:*"),
    ("PodDNSConfig", "Nameservers:* Searches:* Options:*"),
    (
        "TopologySpreadConstraint",
        "MaxSkew:i TopologyKey:s WhenUnsatisfiable:s LabelSelector:* MinDomains:* NodeAffinityPolicy:* NodeTaintsPolicy:* \
         MatchLabelKeys:*",
    ),
];

/// Fields of the spec that the internal types keep in its security context.
const IN_SECURITY_CONTEXT: [&str; 5] = ["hostNetwork", "hostPID", "hostIPC", "shareProcessNamespace", "hostUsers"];

/// The lines of a Pod's spec, indented by one space per level.
pub(super) fn lines(mut spec: Value) -> Vec<String> {
    if let Value::Object(fields) = &mut spec {
        let moved: Map<String, Value> =
            IN_SECURITY_CONTEXT.iter().filter_map(|name| Some(((*name).to_owned(), fields.remove(*name)?))).collect();
        if let Some(Value::Object(context)) = fields.get_mut("securityContext") {
            context.extend(moved);
        }
    }
    let mut lines = Lines { done: Vec::new(), open: String::new(), depth: 0 };
    lines.structure("PodSpec", &spec);
    lines.end();
    lines.done
}

struct Lines {
    done: Vec<String>,
    open: String,
    depth: usize,
}

impl Lines {
    fn end(&mut self) {
        self.done.push(std::mem::take(&mut self.open));
    }

    fn begin(&mut self) {
        self.end();
        self.open = " ".repeat(self.depth);
    }

    /// A bracket, what is in it (each call of `item` writes one thing), and the closing bracket.
    fn bracket<T>(
        &mut self,
        open: char,
        close: char,
        items: impl Iterator<Item = T>,
        mut item: impl FnMut(&mut Self, T),
    ) {
        self.open.push(open);
        self.depth += 1;
        let mut is_empty = true;
        for one in items {
            if !is_empty {
                self.open.push(',');
            }
            is_empty = false;
            self.begin();
            item(self, one);
        }
        self.depth -= 1;
        if !is_empty {
            self.begin();
        }
        self.open.push(close);
    }

    fn structure(&mut self, name: &str, value: &Value) {
        let Some((_, fields)) = STRUCTS.iter().find(|(known, _)| *known == name) else { return self.plain(value) };
        self.bracket(
            '{',
            '}',
            fields.split_whitespace().filter_map(|field| field.split_once(':')),
            |lines, (go, shape)| {
                lines.open.push_str(&format!("\"{go}\": "));
                lines.field(shape, value.get(wire_name(go)).filter(|value| !value.is_null()));
            },
        );
    }

    fn field(&mut self, shape: &str, value: Option<&Value>) {
        match (shape, value) {
            ("s", None) => self.open.push_str("\"\""),
            ("i", None) => self.open.push('0'),
            ("b", None) => self.open.push_str("false"),
            ("s" | "i" | "b" | "*", Some(value)) => self.plain(value),
            (_, Some(Value::Array(items))) if shape.starts_with("[]") => {
                self.bracket('[', ']', items.iter(), |lines, item| lines.structure(&shape[2..], item));
            }
            (_, Some(value)) => self.structure(shape.trim_start_matches('*'), value),
            (_, None) if shape.starts_with(['*', '[']) => self.open.push_str("null"),
            (_, None) => self.structure(shape, &Value::Null),
        }
    }

    /// A value as it is; fields of an unknown struct under their Go names, keys of a map as they are.
    fn plain(&mut self, value: &Value) {
        match value {
            Value::Object(fields) => self.bracket('{', '}', fields.iter(), |lines, (name, value)| {
                lines.open.push_str(&format!("{}: ", Value::from(name.as_str())));
                lines.plain(value);
            }),
            Value::Array(items) => self.bracket('[', ']', items.iter(), |lines, item| lines.plain(item)),
            other => {
                // Go escapes what HTML would take for its own.
                let text = other.to_string().replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026");
                self.open.push_str(&text);
            }
        }
    }
}

/// `dnsPolicy` of `DNSPolicy`.
fn wire_name(go: &str) -> String {
    match go {
        "CephFS" => return "cephfs".into(),
        "StorageOS" => return "storageos".into(),
        _ => {}
    }
    let capitals = go.bytes().take_while(u8::is_ascii_uppercase).count();
    let lowered = if capitals == go.len() { capitals } else { capitals.saturating_sub(1).max(1) };
    go[..lowered].to_ascii_lowercase() + &go[lowered..]
}
