// Base64, 16 characters at a time, by the tables of Wojciech Muła.

const ENCODED: usize = 0x18000;
const INPUT: usize = 0x10000;

/** Decodes so many characters of base64 into the input: the count of bytes, or -1 if it is anything but base64 with its padding. */
export function decode(length: i32): i32 {
  if ((length & 3) != 0 || length == 0) return -1;
  const end = ENCODED + <usize>length;
  const padding = load<u8>(end - 1) != 0x3d ? 0 : load<u8>(end - 2) != 0x3d ? 1 : 2;
  // Padding and what stands behind the text are read as zeros.
  v128.store(end - padding, i8x16.splat(0x41));
  let isWrong = i8x16.splat(0);
  let to = INPUT;
  for (let from = ENCODED; from < end; from += 16, to += 12) {
    const text = v128.load(from);
    const high = v128.and(i32x4.shr_u(text, 4), i8x16.splat(0x0f));
    const low = v128.and(text, i8x16.splat(0x0f));
    const allowedLow = i8x16.swizzle(i8x16(0x15, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x13, 0x1a, 0x1b, 0x1b, 0x1b, 0x1a), low);
    const allowedHigh = i8x16.swizzle(i8x16(0x10, 0x10, 0x01, 0x02, 0x04, 0x08, 0x04, 0x08, 0x10, 0x10, 0x10, 0x10, 0x10, 0x10, 0x10, 0x10), high);
    isWrong = v128.or(isWrong, v128.and(allowedLow, allowedHigh));
    const range = i8x16.add(i8x16.eq(text, i8x16.splat(0x2f)), high);
    const sixes = i8x16.add(text, i8x16.swizzle(i8x16(0, 16, 19, 4, -65, -65, -71, -71, 0, 0, 0, 0, 0, 0, 0, 0), range));
    const even = i32x4.shl(v128.and(sixes, i32x4.splat(0x003f003f)), 6);
    const twelves = v128.or(even, i32x4.shr_u(v128.and(sixes, i32x4.splat(0x3f003f00)), 8));
    const whole = i32x4.dot_i16x8_s(twelves, i32x4.splat(0x00011000));
    v128.store(to, i8x16.swizzle(whole, i8x16(2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, -1, -1, -1, -1)));
  }
  return v128.any_true(isWrong) ? -1 : (length >> 2) * 3 - padding;
}
