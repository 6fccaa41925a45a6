import asyncio
import uvloop

count = 0


async def work(lock, n):
    global count
    for _ in range(n):
        async with lock:
            seen = count
            await asyncio.sleep(0)
            count = seen + 1


async def main():
    lock = asyncio.Lock()
    await asyncio.gather(*(work(lock, 1000) for _ in range(1000)))
    print(count)


uvloop.run(main())
