#![cfg_attr(not(feature = "std"), no_std)]
//! The bridge pallet.
