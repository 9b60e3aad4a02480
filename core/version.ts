/** The version of this build; a test holds it to package.json's. Kept with every run as its code version. */
export const version = "0.1.0";
