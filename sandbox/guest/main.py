# Runs a candidate inside the guest and sends what it recorded. MicroPython, not CPython.
#
# The result is a line of JSON for each call of the loss, which the host compares: two calls with the same class count,
# one with another, and two more where the candidate asked for the class count as a number. Where something raises, the
# result is a single line that describes the error.
import gc
import host
import io
import json
import sys

# The collector does not see what WebAssembly keeps in registers and would free it. A candidate gets by without one.
gc.disable()

import recorder

FRAME = 'File "candidate.py", line '


def line_of(error):
    text = io.StringIO()
    sys.print_exception(error, text)
    found = text.getvalue().rpartition(FRAME)
    return int(found[2].split("\n")[0].split(",")[0]) if found[1] else None


def trace(request, reserve):
    names, constants, call = request["names"], request["constants"], 0
    recorder.begin(len(names), request["calls"], request["stop"])
    try:
        if request["helpers"] or request["modules"]:
            import prepare

            prepare.prepare(request["helpers"], request["modules"])
        import candidate

        if not hasattr(candidate, request["entry"]):
            raise NameError("the candidate does not define `%s`" % request["entry"])
        loss = getattr(candidate, request["entry"])
        if "keras.losses" in sys.modules:
            loss = sys.modules["keras.losses"].entry(loss)
        lines, imported = [], recorder.calls
        for classes in request["classes"]:
            call += 1
            if call > request["always"] and (not recorder.counted or lines[0] != lines[-1]):
                break
            values = recorder.start(imported, classes, request["shapes"], constants)
            output = loss(values[0], values[1], **dict(zip(names[2:], values[2:])))
            lines.append(recorder.finish(output))
        return "\n".join(lines)
    except BaseException as error:
        reserve.clear()
        kind, message = type(error).__name__, str(error)[:400]
        return json.dumps({"error": kind, "message": message, "line": line_of(error), "call": call})


# The reserve is what an error is described with when the memory is used up.
with open("/request.json") as file:
    request = json.load(file)
host.call("result", trace(request, [None] * 4096))
