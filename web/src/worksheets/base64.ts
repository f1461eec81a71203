/** Bytes as base64 text, as the wire carries them. */

/** Bytes that are made text at once: each is an argument of a call. */
const AT_ONCE = 32_768;

export function toBase64(bytes: Uint8Array): string {
  let letters = "";
  for (let start = 0; start < bytes.length; start += AT_ONCE) {
    letters += String.fromCharCode(...bytes.subarray(start, start + AT_ONCE));
  }
  return btoa(letters);
}

/** Throws a DOMException if it is no base64. */
export function fromBase64(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}

export function joined(parts: readonly Uint8Array[]): Uint8Array {
  const [first] = parts;
  if (parts.length === 1 && first !== undefined) return first;
  const whole = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
