//! The dates of `Release` files: `Sat, 11 Jul 2026 10:16:37 UTC`.

/// Seconds since 1970 began in UTC; none where the text is not such a date. The zone is UTC under any of the names that apt
/// takes, and nothing else.
pub fn seconds(text: &str) -> Option<i64> {
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let words: Vec<&str> = text.split_ascii_whitespace().collect();
    // The day of the week says nothing that the date does not.
    let [_, day, month, year, time, "UTC" | "GMT" | "Z" | "+0000"] = words.as_slice() else { return None };
    let number = |text: &str, digits: std::ops::RangeInclusive<usize>| -> Option<i64> {
        let plain = digits.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
        plain.then(|| text.parse().ok()).flatten()
    };
    let (day, year) = (number(day, 1..=2)?, number(year, 4..=4)?);
    let month = i64::try_from(MONTHS.iter().position(|name| name == month)?).ok()?;
    let mut parts = time.split(':').map(|part| number(part, 2..=2));
    let (hour, minute, second) = (parts.next()??, parts.next()??, parts.next()??);
    let fits = (1..=31).contains(&day) && hour < 24 && minute < 60 && second <= 60 && parts.next().is_none();
    // Years are counted from March, so that a leap day is the last of its year (Howard Hinnant, days_from_civil).
    let (shifted, year) = ((month + 10) % 12, if month < 2 { year - 1 } else { year });
    let days = year * 365 + year / 4 - year / 100 + year / 400 + (153 * shifted + 2) / 5 + day - 1 - 719_468;
    fits.then_some(((days * 24 + hour) * 60 + minute) * 60 + second)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Compared with `date -u -d TEXT +%s`.
    #[test]
    fn dates_are_those_of_the_calendar() {
        for (text, expected) in [
            ("Thu, 01 Jan 1970 00:00:00 UTC", 0),
            ("Sat, 11 Jul 2026 10:16:37 UTC", 1_783_764_997),
            ("Tue, 29 Feb 2000 23:59:59 GMT", 951_868_799),
            ("Wed, 1 Mar 2000 00:00:00 +0000", 951_868_800),
            ("Thu, 31 Dec 2099 12:00:00 Z", 4_102_401_600),
        ] {
            assert_eq!(seconds(text), Some(expected), "{text}");
        }
        for text in [
            "",
            "Sat, 11 Jul 2026",
            "Sat, 11 Jul 2026 10:16:37",
            "Sat, 11 Jul 2026 10:16:37 CEST",
            "Sat, 11 Jul 2026 10:16:37 +0200",
            "Sat, 32 Jul 2026 10:16:37 UTC",
            "Sat, 11 July 2026 10:16:37 UTC",
            "Sat, 11 Jul 26 10:16:37 UTC",
            "Sat, 11 Jul 2026 24:16:37 UTC",
            "Sat, 11 Jul 2026 10:16 UTC",
            "Sat, 11 Jul 2026 10:16:37:00 UTC",
            "Sat, -1 Jul 2026 10:16:37 UTC",
        ] {
            assert_eq!(seconds(text), None, "{text}");
        }
    }
}
