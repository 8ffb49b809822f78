//! Where the crate is built without its feature `measure`, there is nothing in it.
