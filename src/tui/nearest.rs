//! The name that was probably meant.

/// `; did you mean “…”?` when one of the names is near enough, else nothing.
pub fn nearest(given: &str, names: &[&str]) -> String {
    let distances = names.iter().map(|name| (strsim::damerau_levenshtein(given, name), name));
    match distances.min() {
        Some((distance, name)) if distance <= name.len().max(4) / 2 => format!("; did you mean “{name}”?"),
        _ => String::new(),
    }
}
