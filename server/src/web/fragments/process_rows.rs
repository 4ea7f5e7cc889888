//! Rows of the process table.

use watchglass_model::{Process, Unit};
use watchglass_pages::ui::{
    Cell, Column, Row, code_column, number_column, text_column, time_column, word_column,
};

/// Columns of processes; only administrators see the last one.
pub(super) static PROCESS_COLUMNS: [Column; 12] = [
    text_column("Command"),
    number_column("PID"),
    word_column("User"),
    number_column("CPU"),
    number_column("Memory"),
    number_column("Threads"),
    number_column("Read"),
    number_column("Written"),
    time_column("Since"),
    word_column("State"),
    text_column("Unit"),
    code_column("Arguments"),
];

/// Index of the column with the CPU usage of processes.
pub(super) const CPU: usize = 3;

/// Row of a process with the first `columns` cells.
pub(super) fn process_row(process: &Process, columns: usize) -> Row {
    let rate =
        |bytes: Option<u64>| Cell::Number(Unit::BytesPerSecond, bytes.map_or(f64::NAN, |bytes| bytes as f64));
    let owner = if process.container.is_empty() { &process.unit } else { &process.container };
    let mut row = vec![
        Cell::Text(process.command.clone()),
        Cell::Id(u64::from(process.pid)),
        Cell::Text(process.user.clone()),
        Cell::Number(Unit::Ratio, process.cpu_ratio.unwrap_or(f64::NAN)),
        Cell::Number(Unit::Bytes, process.memory_bytes as f64),
        Cell::Number(Unit::Count, f64::from(process.threads)),
        rate(process.read_bytes_per_second),
        rate(process.write_bytes_per_second),
        Cell::Time(process.started),
        Cell::Text(state_name(process.state).to_owned()),
        Cell::Text(owner.clone()),
        Cell::CodeLine(process.arguments.clone()),
    ];
    row.truncate(columns);
    row
}

/// Name of a state, as in `ps`.
fn state_name(state: char) -> &'static str {
    match state {
        'R' => "running",
        'S' => "sleeping",
        'D' => "waiting for I/O",
        'T' | 't' => "stopped",
        'Z' => "zombie",
        'I' => "idle",
        _ => "unknown",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processes_have_a_cell_in_each_column_and_arguments_in_the_last() {
        let process = Process { pid: 7, arguments: "x --y".to_owned(), state: 'D', ..Process::default() };
        let row = process_row(&process, PROCESS_COLUMNS.len());
        assert_eq!((row.len(), row[11].clone()), (PROCESS_COLUMNS.len(), Cell::CodeLine("x --y".to_owned())));
        assert!(matches!(row[CPU], Cell::Number(Unit::Ratio, cpu) if cpu.is_nan()));
        assert!(row.iter().zip(&PROCESS_COLUMNS).all(|(cell, column)| cell.fits(column.kind)), "{row:?}");
        assert_eq!(PROCESS_COLUMNS[CPU].title, "CPU");
        assert_eq!(row[9], Cell::Text("waiting for I/O".to_owned()));
        let row = process_row(&process, PROCESS_COLUMNS.len() - 1);
        assert!(!row.contains(&Cell::CodeLine("x --y".to_owned())));
    }
}
