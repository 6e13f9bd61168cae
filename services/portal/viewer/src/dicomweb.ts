/** What is asked of the server (PS3.18): lists, headers, frames as they are stored, pictures. */

import type { Dataset } from "./dicomjson";

/** A request that was refused. 404 stands for everything that is not, or no longer, ours. */
export class Refused extends Error {
  constructor(readonly status: number) {
    super(`refused: ${status}`);
  }
}

export interface Frame {
  syntax: string; // Transfer Syntax UID
  content: Uint8Array;
}

/** Words of a frame's request: as it is stored, whatever that is. */
const STORED = 'multipart/related; type="application/octet-stream"; transfer-syntax=*';
const IMPLICIT_VR_LITTLE_ENDIAN = "1.2.840.10008.1.2";
/** PS3.18 §8.7.3.3, for parts that do not name their transfer syntax. */
const SYNTAXES: Record<string, string> = {
  "image/jphc": "1.2.840.10008.1.2.4.202",
  "image/jpeg": "1.2.840.10008.1.2.4.50",
  "image/jls": "1.2.840.10008.1.2.4.80",
  "image/jp2": "1.2.840.10008.1.2.4.90",
  "image/dicom-rle": "1.2.840.10008.1.2.5",
};

async function answered(url: string, accept: string): Promise<Response> {
  const answer = await fetch(url, { headers: { Accept: accept } });
  if (!answer.ok) throw new Refused(answer.status);
  return answer;
}

/** Return a list: the answer to a query, or the headers of a series. */
export async function list(url: string): Promise<Dataset[]> {
  const answer = await answered(url, "application/dicom+json");
  return answer.status === 204 ? [] : ((await answer.json()) as Dataset[]);
}

/** Return a JPEG. */
export async function picture(url: string): Promise<Blob> {
  return (await answered(url, "image/jpeg")).blob();
}

/** Return bulk data; a multipart answer is unwrapped. */
export async function bulk(url: string): Promise<Uint8Array> {
  const answer = await answered(url, 'multipart/related; type="application/octet-stream"');
  return part(new Uint8Array(await answer.arrayBuffer()), answer.headers.get("Content-Type") ?? "")
    .content;
}

/** Return one frame, compressed as it is stored. */
export async function frame(url: string): Promise<Frame> {
  const answer = await answered(url, STORED);
  const content = new Uint8Array(await answer.arrayBuffer());
  const found = part(content, answer.headers.get("Content-Type") ?? "");
  const { value, parameters } = mediaType(found.type);
  const syntax = parameters["transfer-syntax"] ?? SYNTAXES[value] ?? IMPLICIT_VR_LITTLE_ENDIAN;
  return { syntax, content: found.content };
}

/** Return the first part of a multipart body (RFC 2046 §5.1), or the whole of any other. */
export function part(body: Uint8Array, type: string): { type: string; content: Uint8Array } {
  if (!type.startsWith("multipart/")) return { type, content: body };
  const headEnd = find(body, bytes("\r\n\r\n"), 0);
  const [boundary = "", ...head] = new TextDecoder().decode(body.subarray(0, headEnd)).trim().split("\r\n");
  const end = findLast(body, bytes(`\r\n${boundary}`));
  const line = head.find((each) => each.toLowerCase().startsWith("content-type:")) ?? "";
  return {
    type: line.slice("content-type:".length).trim(),
    content: body.subarray(headEnd + 4, end < 0 ? undefined : end),
  };
}

/** Return a media type and its parameters, in lower case. */
export function mediaType(type: string): { value: string; parameters: Record<string, string> } {
  const [value = "", ...rest] = type.split(";").map((each) => each.trim());
  const pairs = rest.map((each) => each.split("=").map((side) => side.trim().replace(/^"|"$/g, "")));
  const parameters = Object.fromEntries(pairs.map(([name = "", said = ""]) => [name.toLowerCase(), said]));
  return { value: value.toLowerCase(), parameters };
}

function bytes(of: string): Uint8Array {
  return new TextEncoder().encode(of);
}

function matches(body: Uint8Array, wanted: Uint8Array, at: number): boolean {
  return wanted.every((byte, place) => body[at + place] === byte);
}

function find(body: Uint8Array, wanted: Uint8Array, from: number): number {
  for (let at = from; at <= body.length - wanted.length; at += 1) {
    if (matches(body, wanted, at)) return at;
  }
  return -1;
}

function findLast(body: Uint8Array, wanted: Uint8Array): number {
  for (let at = body.length - wanted.length; at >= 0; at -= 1) {
    if (matches(body, wanted, at)) return at;
  }
  return -1;
}
