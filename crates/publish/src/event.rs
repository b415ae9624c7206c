//! When something happened, as precisely as may be said: a small part of EDTF (ISO 8601-2).

use std::fmt;
use std::str::FromStr;

use jiff::civil;
use thiserror::Error;

/// Why text is no date of an event.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
#[error(
    "{0:?} is not a date: write 2026, 2026-11 or 2026-11-22, with ~ behind it for about and ? for uncertain, or two of them with / between"
)]
pub struct EventDateError(String);

/// A year, a month or a day, or from one to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventDate {
    from: Moment,
    to: Option<Moment>,
}

/// One end: a year, a month or a day, and how sure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Moment {
    pub(crate) year: i16,
    pub(crate) month: Option<i8>,
    pub(crate) day: Option<i8>,
    pub(crate) about: bool,
    pub(crate) uncertain: bool,
}

impl Moment {
    fn parse(text: &str) -> Option<Self> {
        let digits = text.trim_end_matches(['~', '?']);
        let (about, uncertain) = match &text[digits.len()..] {
            "" => (false, false),
            "~" => (true, false),
            "?" => (false, true),
            _ => return None,
        };
        let mut parts = digits.split('-');
        let year = number(parts.next()?, 4)?;
        let month = parts
            .next()
            .map(|part| number(part, 2))
            .map_or(Some(None), |m| m.map(Some))?;
        let day = parts
            .next()
            .map(|part| number(part, 2))
            .map_or(Some(None), |d| d.map(Some))?;
        let month = month.map(i8::try_from).transpose().ok()?;
        let day = day.map(i8::try_from).transpose().ok()?;
        civil::Date::new(year, month.unwrap_or(1), day.unwrap_or(1)).ok()?;
        (parts.next().is_none() && year >= 1000).then_some(Self {
            year,
            month,
            day,
            about,
            uncertain,
        })
    }

    /// For putting in order; what is not said counts as the beginning.
    const fn order(&self) -> (i16, i8, i8) {
        let month = match self.month {
            Some(month) => month,
            None => 0,
        };
        let day = match self.day {
            Some(day) => day,
            None => 0,
        };
        (self.year, month, day)
    }
}

fn number(text: &str, digits: usize) -> Option<i16> {
    let fine = text.len() == digits && text.bytes().all(|b| b.is_ascii_digit());
    fine.then(|| text.parse().ok()).flatten()
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}", self.year)?;
        for part in [self.month, self.day].into_iter().flatten() {
            write!(f, "-{part:02}")?;
        }
        let mark = match (self.about, self.uncertain) {
            (true, _) => "~",
            (false, true) => "?",
            (false, false) => "",
        };
        f.write_str(mark)
    }
}

impl EventDate {
    /// Where it begins.
    pub(crate) const fn from(&self) -> Moment {
        self.from
    }

    /// Where it ends, when it is more than one year, month or day.
    pub(crate) const fn to(&self) -> Option<Moment> {
        self.to
    }

    /// For putting in order.
    pub(crate) const fn order(&self) -> (i16, i8, i8) {
        self.from.order()
    }

    /// The bare date for machines, without marks that HTML does not know.
    pub(crate) fn machine(&self) -> String {
        self.from
            .to_string()
            .trim_end_matches(['~', '?'])
            .to_owned()
    }
}

impl FromStr for EventDate {
    type Err = EventDateError;

    fn from_str(text: &str) -> Result<Self, EventDateError> {
        let refuse = || EventDateError(text.to_owned());
        let (from, to) = match text.split_once('/') {
            None => (text, None),
            Some((from, to)) => (from, Some(to)),
        };
        let from = Moment::parse(from).ok_or_else(refuse)?;
        let to = to
            .map(|to| Moment::parse(to).ok_or_else(refuse))
            .transpose()?;
        if to.is_some_and(|to| to.order() <= from.order()) {
            return Err(refuse());
        }
        Ok(Self { from, to })
    }
}

impl fmt::Display for EventDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.from.fmt(f)?;
        self.to.map_or(Ok(()), |to| write!(f, "/{to}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_one_way_and_written_the_same() {
        for text in [
            "2026",
            "2026-11",
            "2026-11-22",
            "2024-02-29",
            "2026~",
            "2026-11?",
            "2026-11-22/2026-11-24",
            "2026-11/2027-01~",
        ] {
            assert_eq!(text.parse::<EventDate>().unwrap().to_string(), text);
        }
        for bad in [
            "",
            "26",
            "2026-13",
            "2026-02-30",
            "2026-1-2",
            "2026-11-22T10",
            "2026~?",
            "2026?~",
            "2026/2025",
            "2026/2026",
            "/2026",
            "2026/",
            "0999",
            "+2026",
            "2026-11-22-1",
            "2026 ",
        ] {
            assert!(bad.parse::<EventDate>().is_err(), "{bad}");
        }
    }

    #[test]
    fn vaguer_dates_stand_before_finer_ones() {
        let mut dates: Vec<EventDate> = ["2026-11-02", "2026", "2026-11", "2025-12-31"]
            .iter()
            .map(|text| text.parse().unwrap())
            .collect();
        dates.sort_by_key(EventDate::order);
        let written: Vec<String> = dates.iter().map(ToString::to_string).collect();
        assert_eq!(written, ["2025-12-31", "2026", "2026-11", "2026-11-02"]);
        assert_eq!(
            "2026-11~".parse::<EventDate>().unwrap().machine(),
            "2026-11"
        );
    }
}
