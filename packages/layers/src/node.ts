/** Reading and writing model and weight files. */
export {};
