//! `println!` to the serial port.

use core::fmt::{self, Write};

struct Console;

impl Write for Console {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        text.bytes().for_each(crate::machine::send);
        Ok(())
    }
}

pub fn print(arguments: fmt::Arguments<'_>) {
    // The console accepts everything.
    let _ = Console.write_fmt(arguments);
}

macro_rules! println {
    ($($argument:tt)*) => {
        $crate::console::print(format_args!("{}\n", format_args!($($argument)*)))
    };
}
