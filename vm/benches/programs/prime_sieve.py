# asyncio's queues know no capacity of 0 (that means no limit); 1 is the nearest.
import asyncio
import uvloop


async def generate(queue):
    i = 2
    while True:
        await queue.put(i)
        i += 1


async def sift(source, sink, prime):
    while True:
        i = await source.get()
        if i % prime != 0:
            await sink.put(i)


async def main():
    queue = asyncio.Queue(1)
    tasks = [asyncio.create_task(generate(queue))]
    total = 0
    for _ in range(2000):
        prime = await queue.get()
        total += prime
        sink = asyncio.Queue(1)
        tasks.append(asyncio.create_task(sift(queue, sink, prime)))
        queue = sink
    print(total)


uvloop.run(main())
