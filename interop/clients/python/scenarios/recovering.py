"""Scenarios in which a broker of the scenario's own is killed with SIGKILL under the client."""

from harness import equal, scenario


@scenario('broker-killed-reported')
async def broker_killed_reported(t):
    broker = t.own_broker()
    link = await t.connect(broker.start())
    channel = await link.channel()
    await channel.declare_queue(t.name)
    await channel.consume(t.name)
    broker.kill()
    equal(await link.until(lambda: link.lost), True, 'lost:')
    equal(isinstance(link.lost, Exception), True, 'reported:')


@scenario('recover-publisher')
async def recover_publisher(t):
    await t.client.recovering(t.url, t.name)


@scenario('recover-consumer')
async def recover_consumer(t):
    await t.client.recovering(t.url, t.name)
