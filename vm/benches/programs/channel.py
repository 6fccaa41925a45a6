import asyncio
import uvloop

END = object()


async def produce(queue, n):
    for i in range(n):
        await queue.put(i)
    await queue.put(END)


async def consume(queue):
    total = 0
    while (x := await queue.get()) is not END:
        total += x
    return total


async def main():
    queue = asyncio.Queue(1)
    task = asyncio.create_task(produce(queue, 4_000_000))
    print(await consume(queue))
    await task


uvloop.run(main())
