//! What is written in C and assembly: see build.rs.

extern "C" {
    fn crc32(bytes: *const u8, length: usize) -> u32;
    fn multiply_high(a: u64, b: u64) -> u64;
}

/// The checksum of bytes, computed in C.
pub fn checksum(bytes: &[u8]) -> u32 {
    // SAFETY: the function reads so many bytes and no others.
    unsafe { crc32(bytes.as_ptr(), bytes.len()) }
}

/// The upper half of a product, computed in assembly.
pub fn upper_half(a: u64, b: u64) -> u64 {
    // SAFETY: the function computes and does nothing else.
    unsafe { multiply_high(a, b) }
}
