// A moment of a film as people write it (1:05.500, 1:01:05.5) and as WebVTT wants it, in seconds.
const split = (seconds) => {
  const thousandths = Math.max(0, Math.round(seconds * 1000));
  const two = (number) => String(number).padStart(2, "0");
  const whole = Math.floor(thousandths / 1000);
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  return { hours, minutes, two, seconds: two(whole % 60), rest: String(thousandths % 1000).padStart(3, "0") };
};

export const clock = (seconds) => {
  const at = split(seconds);
  return at.hours ? `${at.hours}:${at.two(at.minutes)}:${at.seconds}` : `${at.minutes}:${at.seconds}`;
};

// Thousandths only where there are any.
export const moment = (seconds) => {
  const { rest } = split(seconds);
  return rest === "000" ? clock(seconds) : `${clock(seconds)}.${rest}`;
};

export const stamp = (seconds) => {
  const at = split(seconds);
  return `${at.two(at.hours)}:${at.two(at.minutes)}:${at.seconds}.${at.rest}`;
};

// null for what is no moment.
export const secondsOf = (text) => {
  const parts = /^(?:(?:(\d{1,3}):)?(\d{1,3}):)?(\d{1,5})(?:[.,](\d{1,3}))?$/.exec(text.trim());
  if (!parts) return null;
  const [, hours = 0, minutes = 0, seconds, fraction = "0"] = parts;
  if (parts[2] !== undefined && Number(seconds) >= 60) return null;
  return Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds) + Number(fraction.padEnd(3, "0")) / 1000;
};
