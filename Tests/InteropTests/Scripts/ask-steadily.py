"""ask-steadily.py URL RATE SECONDS ROOT: asks RATE times a second, however long answers take, each over a new, verified connection.

Prints as JSON how many questions were asked, how many answered, and the longest time in seconds without an answer.
"""
import asyncio
import json
import ssl
import sys
import time
import urllib.parse

url, rate, seconds, root = sys.argv[1:]
target = urllib.parse.urlsplit(url)
context = ssl.create_default_context(cafile=root)
request = f"GET {target.path} HTTP/1.0\r\nHost: {target.netloc}\r\n\r\n".encode()
answers, errors = [], {}


async def ask():
    writer = None
    try:
        async with asyncio.timeout(2):
            reader, writer = await asyncio.open_connection(target.hostname, target.port, ssl=context)
            writer.write(request)
            if (await reader.readline()).split()[1] == b"200":
                answers.append(time.monotonic())
    except (OSError, IndexError, TimeoutError) as error:
        errors[repr(error)] = errors.get(repr(error), 0) + 1
    finally:
        if writer:
            writer.transport.abort()


async def main():
    asked, running = 0, set()
    begin = time.monotonic()
    while (due := begin + asked / float(rate)) < begin + float(seconds):
        await asyncio.sleep(max(0, due - time.monotonic()))
        task = asyncio.create_task(ask())
        running.add(task)
        task.add_done_callback(running.discard)
        asked += 1
    end = time.monotonic()
    await asyncio.gather(*running)
    moments = [begin] + sorted(moment for moment in answers if moment < end) + [end]
    silence = max(later - earlier for earlier, later in zip(moments, moments[1:]))
    print(json.dumps({"asked": asked, "answered": len(answers), "silence": round(silence, 3), "errors": errors}))


asyncio.run(main())
