// Pictures for requests that carry some.

/** A red dot: a PNG of one pixel, as base64. */
export const PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==";

/** The same as a data URL. */
export const PNG_URL = `data:image/png;base64,${PNG}`;
