import asyncio

done = []


async def work(number):
    for _ in range(number % 3 + 1):
        await asyncio.sleep(0)
    done.append(number)
    return number * number


squares = await asyncio.gather(*(work(number) for number in range(20)))
forgotten = asyncio.ensure_future(asyncio.sleep(3600))
[sum(squares), len(done)]
