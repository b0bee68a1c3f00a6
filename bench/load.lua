-- wrk's script: requests from a file, figures as one line of JSON.
--
--   wrk ... -s load.lua URL -- FILE [PAUSE_MS]
--
-- Each line of FILE is a request: method, path, cookie, body and one header
-- more, "Name: value", with tabs between; "%N" in the body becomes a number that is never used again. PAUSE_MS
-- is each client's rest after an answer. A client who is told 503 comes back a
-- second later, as Retry-After asks.

local lines, at, number, pause, told = {}, 0, 0, 0, 0
local seed = tostring(os.time())

local function split(line)
	local part = {}

	for text in (line .. "\t"):gmatch("(.-)\t") do
		part[#part + 1] = text
	end
	return part
end

local function written(part, body)
	local headers = { ["Cookie"] = part[3] }
	local name, value = part[5]:match("^(.-): (.*)$")

	if name then
		headers[name] = value
	end
	if part[1] ~= "GET" then
		headers["Content-Type"] = "application/json"
		headers["Origin"] = "http://" .. wrk.host .. ":" .. wrk.port
	end
	return wrk.format(part[1], part[2], headers,
		body ~= "" and body or nil)
end

function init(args)
	pause = tonumber(args[2] or "0")
	for line in io.lines(args[1]) do
		local part = split(line)

		if not part[4]:find("%N", 1, true) then
			part.text = written(part, part[4])
		end
		lines[#lines + 1] = part
	end
end

function request()
	at = at % #lines + 1

	local part = lines[at]

	if part.text then
		return part.text
	end
	number = number + 1
	return written(part, (part[4]:gsub("%%N", seed .. "-" .. number)))
end

function delay()
	if told > 0 then
		told = told - 1
		return 1000
	end
	return pause
end

function response(status)
	if status == 503 then
		told = told + 1
	end
end

function done(summary, latency)
	local errors = summary.errors

	io.write(string.format('{"requests":%d,"seconds":%.3f,"refused":%d,'
		.. '"broken":%d,"p50":%.0f,"p99":%.0f,"max":%.0f}\n',
		summary.requests, summary.duration / 1e6, errors.status,
		errors.connect + errors.read + errors.write + errors.timeout,
		latency:percentile(50), latency:percentile(99), latency.max))
end
