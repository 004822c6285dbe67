// Numbers, sizes and times as words. `words` has them by the names that data-as in the markup uses.

const number = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
export const day = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeStyle: "medium" });
export const hour = new Intl.DateTimeFormat("en", { timeStyle: "medium", hourCycle: "h23" });
export const words = {
  text: (value) => String(value ?? ""),
  count: (value) => number.format(value ?? 0),
  rate: (value) => (value < 99.95 ? value.toFixed(1) : number.format(value)),
  short: (seconds) => (seconds < 1 ? `${number.format(seconds * 1000)} ms` : words.age(seconds)),
  size(bytes) {
    let unit = 0;
    for (; bytes >= 1024 && unit < 4; unit++) bytes /= 1024;
    return `${unit ? bytes.toFixed(1) : bytes} ${["B", "KiB", "MiB", "GiB", "TiB"][unit]}`;
  },
  clock(seconds) {
    const [all, two] = [Math.max(0, Math.floor(seconds)), (part) => String(part).padStart(2, "0")];
    return `${Math.floor(all / 3600)}:${two(Math.floor(all / 60) % 60)}:${two(all % 60)}`;
  },
  age(seconds) {
    const past = Math.max(0, seconds);
    if (past < 9.95) return `${past.toFixed(1)} s`;
    if (past < 99.5) return `${past.toFixed(0)} s`;
    if (past < 99.5 * 60) return `${(past / 60).toFixed(0)} min`;
    return past < 48 * 3600 ? `${(past / 3600).toFixed(0)} h` : `${(past / 86400).toFixed(0)} days`;
  },
  percent: (share) => `${Math.floor(share * 100)} %`,
};
