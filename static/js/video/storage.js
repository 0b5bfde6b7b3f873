// What the player remembers in this browser; one without storage remembers nothing, and plays all the same.
export const recalled = (key) => {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
};

export const remember = (key, value) => {
  try {
    localStorage.setItem(key, value);
  } catch {
    // Not remembered, but chosen.
  }
};
