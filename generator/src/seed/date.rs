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

/// The same as the archive of old states writes it, `20260711T101637Z`: no zone but UTC was taken above.
pub fn snapshot(text: &str) -> Option<String> {
    let seconds = seconds(text)?;
    let (days, time) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    // The inverse of the count of days above.
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted = (5 * of_year + 2) / 153;
    let (day, month) = (of_year - (153 * shifted + 2) / 5 + 1, (shifted + 2) % 12 + 1);
    let year = year + era * 400 + i64::from(month <= 2);
    Some(format!("{year:04}{month:02}{day:02}T{:02}{:02}{:02}Z", time / 3600, time / 60 % 60, time % 60))
}

/// Whether a text has that form.
pub fn is_snapshot(text: &str) -> bool {
    let digits = |text: &str, count: usize| text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
    let parts = text.strip_suffix('Z').and_then(|text| text.split_once('T'));
    parts.is_some_and(|(date, time)| digits(date, 8) && digits(time, 6))
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
        for (text, expected) in [
            ("Sat, 11 Jul 2026 10:16:37 UTC", "20260711T101637Z"),
            ("Tue, 29 Feb 2000 23:59:59 GMT", "20000229T235959Z"),
            ("Wed, 1 Mar 2000 00:00:00 +0000", "20000301T000000Z"),
            ("Thu, 31 Dec 2099 12:00:00 Z", "20991231T120000Z"),
            ("Thu, 01 Jan 1970 00:00:00 UTC", "19700101T000000Z"),
        ] {
            assert_eq!(snapshot(text).as_deref(), Some(expected));
            assert!(is_snapshot(expected));
        }
        for text in
            ["", "20260711", "20260711T101637", "2026-07-11T10:16:37Z", "20260711T101637Z/..", "2026071１T101637Z"]
        {
            assert!(!is_snapshot(text), "{text}");
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
