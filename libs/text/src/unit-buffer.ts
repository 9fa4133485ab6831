/** A growing list of UTF-16 code units. */
export class UnitBuffer {
  units = new Uint16Array(1024);
  length = 0;

  push(unit: number): void {
    if (this.length === this.units.length) {
      const grown = new Uint16Array(2 * this.length);
      grown.set(this.units);
      this.units = grown;
    }
    this.units[this.length++] = unit;
  }

  pushText(text: string): void {
    for (let i = 0; i < text.length; i++) this.push(text.charCodeAt(i));
  }
}
