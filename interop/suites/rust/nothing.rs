//! The package is a list of crates to fetch; there is nothing in it.
