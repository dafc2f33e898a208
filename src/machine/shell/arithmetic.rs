//! `$((…))`: whole numbers of 64 bits with the operators of C.

/// Variables, as arithmetic sees them.
pub trait Variables {
    /// The value of a variable; empty when unset.
    fn get(&self, name: &str) -> String;
    /// Gives a variable a new value.
    fn set(&mut self, name: &str, value: i64);
}

/// The value of an expression.
///
/// # Errors
/// What is wrong with it, in dash's words.
pub fn evaluate(text: &str, variables: &mut dyn Variables) -> Result<i64, String> {
    let mut reader = Reader { text: text.chars().collect(), at: 0, variables, quiet: 0 };
    let value = reader.comma()?;
    reader.skip_space();
    if reader.at < reader.text.len() {
        return Err(format!("arithmetic expression: expecting EOF: \"{text}\""));
    }
    Ok(value)
}

struct Reader<'a> {
    text: Vec<char>,
    at: usize,
    variables: &'a mut dyn Variables,
    /// Above zero on a branch that does not count: nothing is assigned, nothing divided by zero.
    quiet: u32,
}

/// Binary operators from the loosest to the tightest; longer ones first.
const LEVELS: &[&[&str]] =
    &[&["|"], &["^"], &["&"], &["==", "!="], &["<=", ">=", "<", ">"], &["<<", ">>"], &["+", "-"], &["*", "/", "%"]];

const ASSIGNMENTS: &[&str] = &["=", "+=", "-=", "*=", "/=", "%=", "<<=", ">>=", "&=", "|=", "^="];

impl Reader<'_> {
    fn skip_space(&mut self) {
        while self.text.get(self.at).is_some_and(|c| c.is_whitespace()) {
            self.at += 1;
        }
    }

    fn rest_starts(&self, token: &str) -> bool {
        token.chars().enumerate().all(|(index, c)| self.text.get(self.at + index) == Some(&c))
    }

    fn take(&mut self, token: &str) -> bool {
        self.skip_space();
        let found = self.rest_starts(token);
        if found {
            self.at += token.len();
        }
        found
    }

    fn wrong(&self) -> String {
        let text: String = self.text.iter().collect();
        format!("arithmetic expression: expecting primary: \"{text}\"")
    }

    fn comma(&mut self) -> Result<i64, String> {
        let mut value = self.assignment()?;
        while self.take(",") {
            value = self.assignment()?;
        }
        Ok(value)
    }

    fn assignment(&mut self) -> Result<i64, String> {
        let start = self.at;
        if let Some(name) = self.name() {
            self.skip_space();
            let operator = ASSIGNMENTS.iter().find(|operator| {
                self.rest_starts(operator) && !(**operator == "=" && self.text.get(self.at + 1) == Some(&'='))
            });
            if let Some(operator) = operator {
                self.at += operator.len();
                let right = self.assignment()?;
                let value = match operator.strip_suffix('=') {
                    Some("") | None => right,
                    Some(binary) => {
                        let left = self.value_of(&name)?;
                        self.apply(binary, left, right)?
                    }
                };
                if self.quiet == 0 {
                    self.variables.set(&name, value);
                }
                return Ok(value);
            }
        }
        self.at = start;
        self.conditional()
    }

    fn conditional(&mut self) -> Result<i64, String> {
        let condition = self.or()?;
        if !self.take("?") {
            return Ok(condition);
        }
        let yes = self.quietly(condition == 0, Self::comma)?;
        if !self.take(":") {
            return Err(self.wrong());
        }
        let no = self.quietly(condition != 0, Self::conditional)?;
        Ok(if condition == 0 { no } else { yes })
    }

    fn quietly(&mut self, quiet: bool, read: fn(&mut Self) -> Result<i64, String>) -> Result<i64, String> {
        self.quiet += u32::from(quiet);
        let value = read(self);
        self.quiet -= u32::from(quiet);
        value
    }

    fn or(&mut self) -> Result<i64, String> {
        let mut value = self.and()?;
        while self.take("||") {
            let right = self.quietly(value != 0, Self::and)?;
            value = i64::from(value != 0 || right != 0);
        }
        Ok(value)
    }

    fn and(&mut self) -> Result<i64, String> {
        let mut value = self.binary(0)?;
        while self.take("&&") {
            let right = self.quietly(value == 0, |reader| reader.binary(0))?;
            value = i64::from(value != 0 && right != 0);
        }
        Ok(value)
    }

    fn binary(&mut self, level: usize) -> Result<i64, String> {
        let Some(operators) = LEVELS.get(level) else { return self.unary() };
        let mut value = self.binary(level + 1)?;
        loop {
            self.skip_space();
            let found = operators.iter().find(|operator| self.rest_starts(operator) && !self.is_longer(operator));
            let Some(operator) = found else { return Ok(value) };
            self.at += operator.len();
            let right = self.binary(level + 1)?;
            value = self.apply(operator, value, right)?;
        }
    }

    /// Whether what stands here is really a longer operator: `&&`, `<<`, `+=`.
    fn is_longer(&self, operator: &str) -> bool {
        let next = self.text.get(self.at + operator.len());
        match operator {
            "|" | "&" => next.is_some_and(|c| operator.starts_with(*c) || *c == '='),
            "<" | ">" => next.is_some_and(|c| operator.starts_with(*c)),
            "==" | "!=" | "<=" | ">=" => false,
            _ => next == Some(&'='),
        }
    }

    fn apply(&self, operator: &str, left: i64, right: i64) -> Result<i64, String> {
        let shift = u32::try_from(right & 63).unwrap_or(0);
        Ok(match operator {
            "+" => left.wrapping_add(right),
            "-" => left.wrapping_sub(right),
            "*" => left.wrapping_mul(right),
            "/" | "%" if right == 0 && self.quiet > 0 => 0,
            "/" | "%" if right == 0 => return Err("arithmetic expression: division by zero".into()),
            "/" => left.wrapping_div(right),
            "%" => left.wrapping_rem(right),
            "<<" => left.wrapping_shl(shift),
            ">>" => left.wrapping_shr(shift),
            "&" => left & right,
            "|" => left | right,
            "^" => left ^ right,
            "==" => i64::from(left == right),
            "!=" => i64::from(left != right),
            "<" => i64::from(left < right),
            "<=" => i64::from(left <= right),
            ">" => i64::from(left > right),
            ">=" => i64::from(left >= right),
            _ => return Err(self.wrong()),
        })
    }

    fn unary(&mut self) -> Result<i64, String> {
        self.skip_space();
        for (token, step) in [("++", 1), ("--", -1)] {
            if self.rest_starts(token) {
                let start = self.at;
                self.at += 2;
                if let Some(name) = self.name() {
                    return self.add(&name, step).map(|old| old.wrapping_add(step));
                }
                self.at = start;
            }
        }
        if self.take("-") {
            return Ok(self.unary()?.wrapping_neg());
        }
        if self.take("+") {
            return self.unary();
        }
        if self.take("!") {
            return Ok(i64::from(self.unary()? == 0));
        }
        if self.take("~") {
            return Ok(!self.unary()?);
        }
        self.primary()
    }

    fn add(&mut self, name: &str, step: i64) -> Result<i64, String> {
        let old = self.value_of(name)?;
        if self.quiet == 0 {
            self.variables.set(name, old.wrapping_add(step));
        }
        Ok(old)
    }

    fn primary(&mut self) -> Result<i64, String> {
        if self.take("(") {
            let value = self.comma()?;
            return if self.take(")") { Ok(value) } else { Err(self.wrong()) };
        }
        if let Some(name) = self.name() {
            for (token, step) in [("++", 1), ("--", -1)] {
                if self.take(token) {
                    return self.add(&name, step);
                }
            }
            return self.value_of(&name);
        }
        let start = self.at;
        while self.text.get(self.at).is_some_and(char::is_ascii_alphanumeric) {
            self.at += 1;
        }
        let digits: String = self.text[start..self.at].iter().collect();
        number(&digits).ok_or_else(|| self.wrong())
    }

    fn name(&mut self) -> Option<String> {
        self.skip_space();
        let first = self.text.get(self.at)?;
        if !first.is_ascii_alphabetic() && *first != '_' {
            return None;
        }
        let start = self.at;
        while self.text.get(self.at).is_some_and(|c| c.is_ascii_alphanumeric() || *c == '_') {
            self.at += 1;
        }
        Some(self.text[start..self.at].iter().collect())
    }

    fn value_of(&self, name: &str) -> Result<i64, String> {
        let text = self.variables.get(name);
        let text = text.trim();
        if text.is_empty() {
            return Ok(0);
        }
        let (sign, digits) = text.strip_prefix('-').map_or((1, text), |digits| (-1, digits));
        number(digits).map(|value| sign * value).ok_or_else(|| format!("Illegal number: {text}"))
    }
}

/// Decimal, `0x` hexadecimal, `0` octal.
fn number(digits: &str) -> Option<i64> {
    if let Some(hex) = digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
        return i64::from_str_radix(hex, 16).ok();
    }
    match digits.strip_prefix('0') {
        Some(octal) if !octal.is_empty() => i64::from_str_radix(octal, 8).ok(),
        _ => digits.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    impl Variables for BTreeMap<String, String> {
        fn get(&self, name: &str) -> String {
            BTreeMap::get(self, name).cloned().unwrap_or_default()
        }

        fn set(&mut self, name: &str, value: i64) {
            self.insert(name.to_owned(), value.to_string());
        }
    }

    #[test]
    fn expressions_have_the_values_they_have_in_dash() {
        let mut variables = BTreeMap::from([("n".to_owned(), "4".to_owned())]);
        for (text, value) in [
            ("3*4+2", 14),
            ("7/2 - 1", 2),
            ("1<2&&3", 1),
            ("n+1", 5),
            ("n++ + n", 9),
            ("m = n > 4 ? 10 : 20", 10),
            ("m += 5", 15),
            ("-(2-5) % 2", 1),
            ("0x10 + 010", 24),
            ("0 && 1/0", 0),
            ("1 << 4 | 1", 17),
            ("n == 5 && m != 3", 1),
        ] {
            assert_eq!(evaluate(text, &mut variables), Ok(value), "{text}");
        }
        assert!(evaluate("1/0", &mut variables).is_err());
        assert!(evaluate("1 +", &mut variables).is_err());
    }
}
