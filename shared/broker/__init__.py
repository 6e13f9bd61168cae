"""RabbitMQ, as the services see it: the only home of `pika`."""
