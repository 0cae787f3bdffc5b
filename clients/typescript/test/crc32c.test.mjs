import assert from "node:assert/strict";
import { test } from "node:test";

import { combined, crc32c, written } from "../dist/esm/crc32c.js";

const bytes = (text) => new TextEncoder().encode(text);

test("the published values of CRC-32C are met", () => {
  assert.equal(crc32c(bytes("123456789")), 0xe3069283);
  // RFC 3720, B.4
  assert.equal(crc32c(new Uint8Array(32)), 0x8a9136aa);
  assert.equal(crc32c(new Uint8Array(32).fill(0xff)), 0x62a8ab43);
  assert.equal(crc32c(Uint8Array.from({ length: 32 }, (_, at) => at)), 0x46dd794e);
  assert.equal(crc32c(new Uint8Array(0)), 0);
});

test("pieces give the value of the whole, one after the other and combined", () => {
  const whole = Uint8Array.from({ length: 100_003 }, (_, at) => (at * 7919) % 251);
  for (const cut of [0, 1, 7, 8, 9, 65_536, 100_002, 100_003]) {
    const [first, second] = [whole.subarray(0, cut), whole.subarray(cut)];
    assert.equal(crc32c(second, crc32c(first)), crc32c(whole));
    assert.equal(combined(crc32c(first), crc32c(second), second.length), crc32c(whole));
  }
});

test("a value is written with its highest byte first", () => {
  assert.equal(written(0xe3069283), "4waSgw==");
  assert.equal(written(0), "AAAAAA==");
});
