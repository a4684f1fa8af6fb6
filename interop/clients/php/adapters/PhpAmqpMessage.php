<?php

/** Reads what the extension amqp hands over as a message. */

declare(strict_types=1);

namespace Interop;

use AMQPBasicProperties;
use AMQPEnvelope;

final class PhpAmqpMessage
{
    public static function properties(AMQPBasicProperties $raw): array
    {
        return [
            'content_type' => $raw->getContentType(),
            'content_encoding' => $raw->getContentEncoding(),
            'headers' => $raw->getHeaders(),
            'delivery_mode' => $raw->getDeliveryMode(),
            'priority' => $raw->getPriority(),
            'correlation_id' => $raw->getCorrelationId(),
            'reply_to' => $raw->getReplyTo(),
            'expiration' => $raw->getExpiration(),
            'message_id' => $raw->getMessageId(),
            'timestamp' => $raw->getTimestamp(),
            'type' => $raw->getType(),
            'user_id' => $raw->getUserId(),
            'app_id' => $raw->getAppId(),
            'cluster_id' => $raw->getClusterId(),
        ];
    }

    public static function read(AMQPEnvelope $raw): Message
    {
        return new Message(
            (string) $raw->getBody(),
            self::properties($raw),
            $raw->getExchangeName(),
            $raw->getRoutingKey(),
            $raw->isRedelivery(),
            $raw->getDeliveryTag(),
        );
    }
}
