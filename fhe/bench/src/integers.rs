//! The same dot products through tfhe's own integers: what one would write without this crate.

use std::time::{Duration, Instant};

use tfhe::{prelude::*, set_server_key, ConfigBuilder, FheInt32};

/// How long one product with a clear number and its sum take, measured on so many.
pub fn multiply_and_add(count: usize) -> Duration {
	let (client, server) = tfhe::generate_keys(ConfigBuilder::default().build());
	set_server_key(server);
	let input = FheInt32::encrypt(11i32, &client);
	let mut sum = FheInt32::encrypt(0i32, &client);
	let begun = Instant::now();
	for weight in 0..count as i32 {
		// Odd weights of seven bits and both signs: a power of two would be cheaper than most.
		let weight = (weight * 37 % 63 | 1) * if weight % 2 == 0 { 1 } else { -1 };
		sum = &sum + &(&input * weight);
	}
	let taken = begun.elapsed();
	let expected: i32 = (0..count as i32).map(|weight| 11 * (weight * 37 % 63 | 1) * if weight % 2 == 0 { 1 } else { -1 }).sum();
	let decrypted: i32 = sum.decrypt(&client);
	assert_eq!(decrypted, expected);
	taken / count as u32
}
