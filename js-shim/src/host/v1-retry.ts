// OpenCode 1.18 runs a model again when the text of its error looks like passing trouble of a
// provider. Our turn is over when it ends, so its error must never look like that, whatever it quotes.

/** OpenCode's own patterns, as its `SessionRetry.retryable` of 1.18.33 has them. */
const RETRIED = [
  /429|500|502|503|504|524/gi,
  /rate increased too quickly|rate limit|rate-limit|rate_limit|too many requests|too_many_requests/gi,
  /overloaded|service unavailable|service_unavailable|service-unavailable|internal error|internal_error|internal server error|server error|server_error|server-error|provider returned error|provider_returned_error|provider-returned-error/gi,
  /terminated|fetch failed|failed to fetch|network[-_\s]error|upstream connect|connection error|connection refused|connection lost|socket connection was closed|socket hang up|reset before headers|getaddrinfo|enotfound|eai_again|econnrefused|econnreset|etimedout/gi,
  /^timeout$|\b(?:request|response|connection|network|stream|read) (?:timeout|timed out|time out)\b/gi,
  /try your request again|retry your request|resource exhausted|resource_exhausted|exhausted|unavailable/gi,
  /\btry again (?:later|in\b)|\b(?:currently|temporarily) at capacity\b/gi,
];
/** Takes no room and breaks no line: the text reads the same, and matches nothing. */
const WORD_JOINER = "\u2060";

/** The same text to a reader, and no reason to run the turn again to OpenCode. */
export function unretryable(text: string): string {
  let safe = text;
  for (let last = ""; safe !== last; ) {
    last = safe;
    // A match can hold a shorter one ("internal server error"): again, until nothing matches.
    safe = RETRIED.reduce(
      (rest, pattern) => rest.replace(pattern, (match) => match[0] + WORD_JOINER + match.slice(1)),
      safe,
    );
  }
  return safe;
}
