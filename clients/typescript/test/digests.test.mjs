import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";

import { combined, crc32c, written } from "../dist/esm/crc32c.js";
import { Sha256 } from "../dist/esm/sha256.js";

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

test("SHA-256 is that of Node, in pieces of any length", () => {
  const whole = Uint8Array.from({ length: 5000 }, (_, at) => (at * 7919) % 251);
  for (const length of [0, 1, 55, 56, 63, 64, 65, 119, 120, 128, 5000]) {
    const message = whole.subarray(0, length);
    for (const piece of [1, 3, 64, 100, 5000]) {
      const sha256 = new Sha256();
      for (let at = 0; at < length; at += piece) sha256.update(message.subarray(at, at + piece));
      assert.equal(sha256.hex(), createHash("sha256").update(message).digest("hex"), `${length} by ${piece}`);
    }
  }
});
