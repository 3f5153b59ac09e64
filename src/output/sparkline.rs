//! Amounts at a glance: short numbers, and a graph that is one line high. Numbers in, text out.

/// The heights of a column, from nothing to the highest.
const HEIGHTS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// A column for each value, the highest value being the highest column. Whatever is not nothing is seen as more than nothing.
pub fn sparkline(values: impl Iterator<Item = u64> + Clone) -> String {
    let most = values.clone().max().unwrap_or(0).max(1);
    let top = HEIGHTS.len() as u64 - 1;
    let column = |value: u64| {
        let height = match value {
            0 => 0,
            value => (u128::from(value) * u128::from(top) / u128::from(most)).max(1),
        };
        usize::try_from(height).ok().and_then(|height| HEIGHTS.get(height)).copied().unwrap_or('█')
    };
    values.map(column).collect()
}

/// A number of bytes in at most four characters and its unit, k, M, G and so on by 1024: `0`, `999`, `1.5k`, `23M`.
pub fn short(bytes: u64) -> String {
    let (mut value, mut unit) = (bytes as f64, None);
    for next in ['k', 'M', 'G', 'T', 'P', 'E'] {
        if value < 999.5 {
            break;
        }
        (value, unit) = (value / 1024.0, Some(next));
    }
    match unit {
        None => bytes.to_string(),
        Some(unit) if value < 9.95 => format!("{value:.1}{unit}"),
        Some(unit) => format!("{value:.0}{unit}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_value_is_the_highest_column() {
        assert_eq!(sparkline([0, 1, 50, 100].into_iter()), "▁▂▄█");
        assert_eq!(sparkline([0, 0].into_iter()), "▁▁");
        assert_eq!(sparkline([1, 1_000_000].into_iter()), "▂█");
        assert_eq!(sparkline([u64::MAX, 0].into_iter()), "█▁");
        assert_eq!(sparkline(std::iter::empty()), "");
    }

    #[test]
    fn numbers_stay_short() {
        let table = [
            (0, "0"),
            (999, "999"),
            (1000, "1.0k"),
            (1536, "1.5k"),
            (10 << 10, "10k"),
            (1 << 20, "1.0M"),
            ((1 << 20) - 1, "1.0M"),
            (23 << 20, "23M"),
            (5 << 30, "5.0G"),
            (u64::MAX, "16E"),
        ];
        for (bytes, text) in table {
            assert_eq!(short(bytes), text, "{bytes}");
        }
        for shift in 0..64 {
            assert!(short((1 << shift) - 1).len() <= 4 && short(1 << shift).len() <= 4);
        }
    }
}
