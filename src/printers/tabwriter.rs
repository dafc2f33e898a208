//! Columns as kubectl aligns them: Go's `text/tabwriter`, and the table writer of `cli-runtime`.
//!
//! A cell ends with a tab. Cells below each other in consecutive lines form a column block, as wide as its widest cell;
//! what follows the last tab of a line belongs to no column. Widths count characters, as Go does, not terminal cells.

/// How wide a column is at least, and how much room follows its widest cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spacing {
    /// Least width of a column, room included.
    pub width_min: usize,
    /// Blanks after the widest cell.
    pub room: usize,
}

impl Spacing {
    /// Tables of `get` and `top` (`printers.GetNewTabWriter`).
    pub const TABLE: Self = Self { width_min: 6, room: 3 };
    /// Texts of `describe` (`describe.tabbedString`).
    pub const DESCRIBE: Self = Self { width_min: 0, room: 2 };
}

/// Aligns `text`, whose cells end with tabs.
#[must_use]
pub fn align(text: &str, spacing: Spacing) -> String {
    let lines: Vec<Vec<&str>> = text.split('\n').map(|line| line.split('\t').collect()).collect();
    let mut widths = vec![Vec::new(); lines.len()];
    measure(&lines, &mut widths, 0, spacing);
    let aligned: Vec<String> = lines.iter().zip(&widths).map(|(cells, widths)| pad(cells, widths)).collect();
    aligned.join("\n")
}

/// Finds the blocks of column `column` among `lines`, gives each its width, and goes on inside each.
fn measure(lines: &[Vec<&str>], widths: &mut [Vec<usize>], column: usize, spacing: Spacing) {
    let has_cell = |line: &Vec<&str>| column + 1 < line.len();
    let mut start = 0;
    while start < lines.len() {
        let height = lines[start..].iter().take_while(|line| has_cell(line)).count();
        if height > 0 {
            let block = start..start + height;
            let widest = lines[block.clone()].iter().map(|line| length(line[column])).max().unwrap_or(0);
            let width = (widest + spacing.room).max(spacing.width_min);
            widths[block.clone()].iter_mut().for_each(|widths| widths.push(width));
            measure(&lines[block.clone()], &mut widths[block], column + 1, spacing);
        }
        start += height.max(1);
    }
}

fn pad(cells: &[impl AsRef<str>], widths: &[usize]) -> String {
    let mut line = String::new();
    for (index, cell) in cells.iter().enumerate() {
        let cell = cell.as_ref();
        line.push_str(cell);
        if let Some(width) = widths.get(index) {
            line.extend(std::iter::repeat_n(' ', width.saturating_sub(length(cell))));
        }
    }
    line
}

fn length(cell: &str) -> usize {
    cell.chars().count()
}

/// A table that grows row by row: columns never shrink, so the rows of a watch stay below the header.
#[derive(Clone, Debug, Default)]
pub struct TableWriter {
    widths: Vec<usize>,
}

impl TableWriter {
    /// A table without columns yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The lines of `rows`, each ended, aligned with each other and with all rows before.
    pub fn rows<R: AsRef<[String]>>(&mut self, rows: &[R]) -> String {
        let rows: Vec<Vec<String>> =
            rows.iter().map(|row| row.as_ref().iter().map(|cell| first_line(cell)).collect()).collect();
        for row in &rows {
            // The last cell of a row is in no column.
            for (column, cell) in row.iter().take(row.len().saturating_sub(1)).enumerate() {
                let width = (length(cell) + Spacing::TABLE.room).max(Spacing::TABLE.width_min);
                match self.widths.get_mut(column) {
                    Some(known) => *known = width.max(*known),
                    None => self.widths.push(width),
                }
            }
        }
        let padded = |row: &Vec<String>| pad(row, &self.widths[..row.len().saturating_sub(1).min(self.widths.len())]);
        rows.iter().map(|row| padded(row) + "\n").collect()
    }
}

/// A cell is one line: what follows a break is cut and shown as `...`.
fn first_line(cell: &str) -> String {
    match cell.split_once(['\n', '\r', '\u{c}']) {
        Some((first, _)) => format!("{first}..."),
        None => cell.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn describe_aligns_blocks_of_consecutive_lines() {
        let text = "Name:\tweb\nNamespace:\tdefault\nLabels:\tapp=web\n\ttier=front\nIPs:\n  IP:\t10.244.1.5\nControlled By:\tReplicaSet/web\n";
        insta::assert_snapshot!(align(text, Spacing::DESCRIBE), @r"
        Name:       web
        Namespace:  default
        Labels:     app=web
                    tier=front
        IPs:
          IP:           10.244.1.5
        Controlled By:  ReplicaSet/web
        ");
    }

    #[test]
    fn a_line_without_tabs_ends_every_column() {
        let text = "Conditions:\n  Type\tStatus\tReason\n  ----\t------\t------\n  Ready\tTrue \tKubeletReady\nAddresses:\n  InternalIP:\t10.0.0.1\nNon-terminated Pods:\t(1 in total)\n  Namespace\tName\t\tAge\n  ---------\t----\t\t---\n  default\tweb\t\t60m\nEvents:\t<none>\n";
        insta::assert_snapshot!(align(text, Spacing::DESCRIBE), @r"
        Conditions:
          Type   Status  Reason
          ----   ------  ------
          Ready  True    KubeletReady
        Addresses:
          InternalIP:         10.0.0.1
        Non-terminated Pods:  (1 in total)
          Namespace           Name    Age
          ---------           ----    ---
          default             web     60m
        Events:               <none>
        ");
    }

    /// Pieces of what the real kubectl printed (v1.37).
    #[test]
    fn nodes_and_pods_are_described_as_kubectl_does() {
        let node = "Name:\tnode-2\nLabels:\tkubernetes.io/arch=amd64\n\tkubernetes.io/os=linux\nCreationTimestamp:\tFri, 13 Nov 2026 05:27:46 +0000\nLease:\n  HolderIdentity:\tnode-2\n  AcquireTime:\t<unset>\nConditions:\n  Type\tStatus\tReason\tMessage\n  ----\t------\t------\t-------\n  MemoryPressure \tFalse \tKubeletHasSufficientMemory \tkubelet has sufficient memory available\nCapacity:\n  cpu:\t2\n  ephemeral-storage:\t40581564Ki\n";
        insta::assert_snapshot!(align(node, Spacing::DESCRIBE), @r"
        Name:               node-2
        Labels:             kubernetes.io/arch=amd64
                            kubernetes.io/os=linux
        CreationTimestamp:  Fri, 13 Nov 2026 05:27:46 +0000
        Lease:
          HolderIdentity:  node-2
          AcquireTime:     <unset>
        Conditions:
          Type             Status  Reason                       Message
          ----             ------  ------                       -------
          MemoryPressure   False   KubeletHasSufficientMemory   kubelet has sufficient memory available
        Capacity:
          cpu:                2
          ephemeral-storage:  40581564Ki
        ");
        let pod = "    Environment:\n      LOG_LEVEL:\tdebug\n      POD_IP:\t (v1:status.podIP)\n      PW:\t<set to the key 'password' in secret 'web-secret'>\tOptional: false\n      CM:\t<set to the key 'k' of config map 'web-config'>\tOptional: true\n    Mounts:\n      /data from data (rw,path=\"x\")\nVolumes:\n  kube-api-access-x7x2p:\n    Type:\tProjected\n    TokenExpirationSeconds:\t3607\nQoS Class:\tBurstable\nEvents:\t<none>\n";
        insta::assert_snapshot!(align(pod, Spacing::DESCRIBE), @r#"
            Environment:
              LOG_LEVEL:  debug
              POD_IP:      (v1:status.podIP)
              PW:         <set to the key 'password' in secret 'web-secret'>  Optional: false
              CM:         <set to the key 'k' of config map 'web-config'>     Optional: true
            Mounts:
              /data from data (rw,path="x")
        Volumes:
          kube-api-access-x7x2p:
            Type:                    Projected
            TokenExpirationSeconds:  3607
        QoS Class:                   Burstable
        Events:                      <none>
        "#);
    }

    #[test]
    fn top_ends_its_lines_with_padding() {
        let text = "NAME\tCPU(cores)\t\nnode-1\t214m\t\n";
        assert_eq!(align(text, Spacing::TABLE), "NAME     CPU(cores)   \nnode-1   214m         \n");
    }

    #[test]
    fn rows_of_a_watch_stay_below_the_header() {
        let row = |cells: [&str; 3]| cells.map(String::from).to_vec();
        let mut table = TableWriter::new();
        let first = table.rows(&[row(["NAME", "READY", "AGE"]), row(["web-7d4b9c6f8-abcde", "1/1", "60m"])]);
        assert_eq!(first, "NAME                  READY   AGE\nweb-7d4b9c6f8-abcde   1/1     60m\n");
        assert_eq!(table.rows(&[row(["a", "0/1\nx", ""])]), "a                     0/1...   \n");
        assert_eq!(table.rows(&[row(["b", "0/1", "1s"])]), "b                     0/1      1s\n");
        assert_eq!(TableWriter::new().rows(&[vec!["A".to_owned(), "B".into()]]), "A     B\n");
    }
}
