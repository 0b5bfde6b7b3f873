// Moments of a film as people type them: 3:25.5, 1:02:03 or 75; teleconsults/rules.py reads the same.
const MOMENT = /^\s*(?:(?:(\d{1,2}):)?(\d{1,3}):)?(\d{1,5}(?:[.,]\d{1,3})?)\s*$/;

// Seconds, or null for what is none.
export function secondOf(typed) {
  const match = MOMENT.exec(typed);
  if (!match) return null;
  const [, hours, minutes, seconds] = match;
  const rest = Number(seconds.replace(",", "."));
  if (minutes !== undefined && rest >= 60) return null;
  return Number(hours ?? 0) * 3600 + Number(minutes ?? 0) * 60 + rest;
}

export function momentOf(second) {
  const hundredths = Math.round(second * 100);
  const [hours, minutes] = [Math.floor(hundredths / 360_000), Math.floor(hundredths / 6000) % 60];
  const seconds = ((hundredths % 6000) / 100).toFixed(2).padStart(5, "0").replace(/\.?0+$/, "");
  return hours ? `${hours}:${String(minutes).padStart(2, "0")}:${seconds}` : `${minutes}:${seconds}`;
}
