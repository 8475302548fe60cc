//! Prints what is at an address.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let address = std::env::args().nth(1).ok_or("an address is missing")?;
    print!("{}", reqwest::blocking::get(address)?.text()?);
    Ok(())
}
