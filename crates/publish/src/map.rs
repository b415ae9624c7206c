//! The map: coarse public places as discs, drawn as SVG in the page. No tiles, nothing from elsewhere.

use maud::{Markup, html};

use crate::input::CoarsePoint;
use crate::whole::Group;
use crate::words::{Tongue, t};

const WIDTH: f64 = 640.0;
const MARGIN: f64 = 40.0;

/// Places that are named in the picture; more would run into each other, and the list below has them all.
const NAMED: usize = 25;

/// The places that have a point, or nothing where none has.
pub(crate) fn drawn(tongue: Tongue, groups: &[Group<'_>]) -> Markup {
    let points: Vec<_> = groups
        .iter()
        .filter_map(|group| Some((group, group.point?)))
        .collect();
    let Some(frame) = Frame::around(points.iter().map(|(_, point)| *point)) else {
        return html! {};
    };
    let height = frame.height + 2.0 * MARGIN;
    let size = format!("0 0 {WIDTH:.0} {height:.0}");
    let named = points.len() <= NAMED;
    html! {
        svg.map viewBox=(size) role="img" aria-label=(t!(tongue, "map-label", count = points.len().to_string())) {
            rect.ground width="100%" height="100%" rx="8" {}
            @for (group, point) in &points {
                @let (x, y) = frame.place(*point);
                circle.spot cx=(format!("{x:.1}")) cy=(format!("{y:.1}")) r=(radius(group.stories.len())) {}
                @if named {
                    text.spot-name x=(format!("{x:.1}")) y=(format!("{:.1}", y - 12.0)) text-anchor="middle" { (group.label.name.get(tongue)) }
                }
            }
        }
    }
}

/// From 5 upwards, so that ten times the stories is twice the disc.
fn radius(stories: usize) -> String {
    let digits = stories.max(1).ilog2();
    format!("{:.1}", 5.0 + 1.5 * f64::from(digits.min(10)))
}

/// How degrees become places in the picture.
struct Frame {
    west: f64,
    north: f64,
    scale: f64,
    squeeze: f64,
    height: f64,
    left: f64,
}

impl Frame {
    fn around(points: impl Iterator<Item = CoarsePoint> + Clone) -> Option<Self> {
        let latitudes = points.clone().map(|point| f64::from(point.latitude));
        let longitudes = points.map(|point| f64::from(point.longitude));
        let (south, north) = range(latitudes)?;
        let (west, east) = range(longitudes)?;
        let squeeze = cosine((south + north) / 2.0);
        // A tenth of a degree at least: a single place is a spot in the middle.
        let width = ((east - west) * squeeze).max(10.0);
        let inside = WIDTH - 2.0 * MARGIN;
        let scale = (inside / width).min(inside / (north - south).max(1.0));
        Some(Self {
            west,
            north,
            scale,
            squeeze,
            height: ((north - south) * scale).max(120.0),
            left: (inside - (east - west) * squeeze * scale) / 2.0,
        })
    }

    fn place(&self, point: CoarsePoint) -> (f64, f64) {
        let east = (f64::from(point.longitude) - self.west) * self.squeeze * self.scale;
        let south = (self.north - f64::from(point.latitude)) * self.scale;
        (MARGIN + self.left + east, MARGIN + south)
    }
}

fn range(values: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    values.fold(None, |known, value| {
        let (low, high) = known.unwrap_or((value, value));
        Some((value.min(low), value.max(high)))
    })
}

/// The cosine of hundredths of a degree, by plain arithmetic: every machine draws the same map.
fn cosine(hundredths: f64) -> f64 {
    let x = hundredths / 100.0 * std::f64::consts::PI / 180.0;
    let square = x * x;
    (1.0 - square / 2.0 + square * square / 24.0 - square * square * square / 720.0).max(0.05)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_is_in_the_picture_and_north_is_above() {
        let points = [(3595, 3901), (3620, 3830), (3510, 4100), (-3300, -7000)].map(
            |(latitude, longitude)| CoarsePoint {
                latitude,
                longitude,
            },
        );
        for some in [&points[..1], &points[..3], &points] {
            let frame = Frame::around(some.iter().copied()).unwrap();
            for point in some {
                let (x, y) = frame.place(*point);
                assert!((0.0..=WIDTH).contains(&x), "{x}");
                assert!((0.0..=frame.height + 2.0 * MARGIN).contains(&y), "{y}");
            }
        }
        let frame = Frame::around(points[..3].iter().copied()).unwrap();
        assert!(frame.place(points[1]).1 < frame.place(points[2]).1);
        assert!(frame.place(points[1]).0 < frame.place(points[2]).0);
        assert!((cosine(3600.0) - 36_f64.to_radians().cos()).abs() < 1e-4);
    }
}
