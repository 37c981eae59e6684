-- wrk script: sends the requests of a file, each once: wrk ... -s replay.lua URL -- FILE once|again
-- A request in the file is eight digits of length and that many bytes, ready to be sent.
-- "again" starts over at the end of the file; "once" sends requests that nobody acknowledges instead.

local file, again

function init(args)
  file = assert(io.open(args[1], "rb"))
  again = args[2] == "again"
end

function request()
  local length = file:read(8)
  if not length and again then
    file:seek("set", 0)
    length = file:read(8)
  end
  if not length then
    return "GET /ran-dry HTTP/1.1\r\nHost: localhost\r\n\r\n"
  end
  return file:read(tonumber(length))
end

function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format(
    "result requests=%d microseconds=%d refused=%d broken=%d p50_us=%d p99_us=%d\n",
    summary.requests, summary.duration, errors.status,
    errors.connect + errors.read + errors.write + errors.timeout,
    latency:percentile(50), latency:percentile(99)))
end
