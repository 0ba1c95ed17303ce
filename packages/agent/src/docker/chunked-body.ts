const CARRIAGE_RETURN = 0x0d;
const NEWLINE = 0x0a;
const SEMICOLON = 0x3b;
/** Hexadecimal digits of a chunk's size: more than any sender means. */
const DIGITS_MAX = 8;

/**
 * The body of an answer of HTTP in chunks (RFC 9112, 7.1), in whatever pieces it comes. What belongs to the body is moved
 * together where it was read to: the engine makes a chunk of each line of a log, and a buffer for each of those costs more
 * than all that is done with it.
 */
export class ChunkedBody {
  /** The last chunk has come; what follows is no longer looked at. */
  isOver = false;
  private part: 'size' | 'extension' | 'data' | 'end' = 'size';
  private left = 0;
  private digits = 0;

  /** Bytes of the body that now stand at the beginning of `piece`. Throws when it is no chunked body. */
  unwrap(piece: Buffer): number {
    let [at, to] = [0, 0];
    while (at < piece.length && !this.isOver) {
      if (this.part === 'data') {
        const count = Math.min(this.left, piece.length - at);
        if (at !== to) piece.copyWithin(to, at, at + count);
        at += count;
        to += count;
        this.left -= count;
        if (this.left === 0) this.part = 'end';
      } else {
        this.readByte(piece.readUInt8(at));
        at += 1;
      }
    }
    return to;
  }

  private readByte(byte: number): void {
    if (this.part === 'end') this.readEnd(byte);
    else if (byte === NEWLINE) this.begin();
    else if (byte === SEMICOLON) this.part = 'extension';
    else if (this.part === 'size' && byte !== CARRIAGE_RETURN) this.readDigit(byte);
  }

  private readDigit(byte: number): void {
    const digit = Number.parseInt(String.fromCharCode(byte), 16);
    this.digits += 1;
    if (Number.isNaN(digit) || this.digits > DIGITS_MAX) {
      throw new Error('no size of a chunk where one should be');
    }
    this.left = this.left * 16 + digit;
  }

  /** A line with a size is over. Trailers after the last chunk are nothing to us. */
  private begin(): void {
    if (this.digits === 0) throw new Error('a chunk without a size');
    this.digits = 0;
    if (this.left === 0) this.isOver = true;
    else this.part = 'data';
  }

  /** Of the data. */
  private readEnd(byte: number): void {
    if (byte === NEWLINE) this.part = 'size';
    else if (byte !== CARRIAGE_RETURN) throw new Error('a chunk is longer than it says');
  }
}
