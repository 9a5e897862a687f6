#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| aio_fuzz::pipeline(data));

libfuzzer_sys::fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    // One in four is left to the bytes, where the lexer's mistakes are.
    if seed % 4 == 0 {
        return libfuzzer_sys::fuzzer_mutate(data, size, max_size);
    }
    let mutated = aio_fuzz::mutate::mutate(&data[..size], u64::from(seed));
    let size = mutated.len().min(max_size);
    data[..size].copy_from_slice(&mutated[..size]);
    size
});
