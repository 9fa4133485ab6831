import type { EncodedEvent } from '../event.ts';

type Headers = EncodedEvent['headers'];

const contentType = 'application/protobuf';

/**
 * Headers as the log keeps them: those of a CloudEvent of ours as lines, `id source type subject time [traceparent [tracestate]]`,
 * a third of their JSON and quicker; any others as JSON.
 */
export const packHeaders = (headers: Headers): string => {
  const { ce_specversion, ce_id, ce_source, ce_type, ce_subject, ce_time, traceparent, tracestate } = headers;
  const traces = traceparent === undefined ? 0 : tracestate === undefined ? 1 : 2;
  if (Object.keys(headers).length !== 7 + traces || ce_specversion !== '1.0' || headers['content-type'] !== contentType)
    return JSON.stringify(headers);
  // Empty ones and an id like JSON could not be told from others when they are read.
  if (!ce_id || !ce_source || !ce_type || !ce_subject || !ce_time || ce_id.startsWith('{'))
    return JSON.stringify(headers);
  let text = `${ce_id}\n${ce_source}\n${ce_type}\n${ce_subject}\n${ce_time}`;
  if (traces > 0) text += `\n${traceparent}`;
  if (traces > 1) text += `\n${tracestate}`;
  let lines = 1;
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) lines++;
  return lines === 5 + traces ? text : JSON.stringify(headers);
};

export const unpackHeaders = (text: string): Record<string, string> => {
  if (text.startsWith('{')) return JSON.parse(text) as Record<string, string>;
  const [id, source, type, subject, time, traceparent, tracestate] = text.split('\n');
  const headers: Record<string, string> = {
    ce_specversion: '1.0',
    ce_id: id!,
    ce_source: source!,
    ce_type: type!,
    ce_subject: subject!,
    ce_time: time!,
    'content-type': contentType,
  };
  if (traceparent !== undefined) headers['traceparent'] = traceparent;
  if (tracestate !== undefined) headers['tracestate'] = tracestate;
  return headers;
};
