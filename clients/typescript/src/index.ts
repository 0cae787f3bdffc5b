export { CoreshedClient } from "./client.js";
export type { CallOptions, ClientOptions } from "./client.js";
export { ChecksumError, ConnectionError, CoreshedError } from "./errors.js";
export type { FieldError, Problem } from "./errors.js";
export type { Patience } from "./sending.js";
export { uploadFile } from "./upload.js";
export type { UploadFileOptions, UploadProgress, UploadSession, UploadState, UploadedFile } from "./upload.js";
export * from "./operations.js";
