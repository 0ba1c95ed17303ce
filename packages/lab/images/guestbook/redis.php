<?php
// The two commands that a guestbook needs, spoken to Redis directly: RESP over a TCP connection.

const REDIS_PORT = 6379;
const TIMEOUT_S = 3;

function redis_set(string $host, string $key, string $value): void
{
    redis_command($host, ['SET', $key, $value]);
}

function redis_get(string $host, string $key): string
{
    return redis_command($host, ['GET', $key]) ?? '';
}

/** Sends one command and returns the reply; throws RuntimeException when Redis is away or refuses. */
function redis_command(string $host, array $words): ?string
{
    $connection = @fsockopen($host, REDIS_PORT, $code, $message, TIMEOUT_S);
    if ($connection === false) {
        throw new RuntimeException("cannot reach $host: $message");
    }
    try {
        stream_set_timeout($connection, TIMEOUT_S);
        $request = '*' . count($words) . "\r\n";
        foreach ($words as $word) {
            $request .= '$' . strlen($word) . "\r\n$word\r\n";
        }
        fwrite($connection, $request);
        return redis_reply($host, $connection);
    } finally {
        fclose($connection);
    }
}

function redis_reply(string $host, $connection): ?string
{
    $line = fgets($connection);
    if ($line === false) {
        throw new RuntimeException("$host does not answer");
    }
    $rest = rtrim(substr($line, 1));
    switch ($line[0]) {
        case '+':
        case ':':
            return $rest;
        case '$':
            $length = (int) $rest;
            return $length < 0 ? null : redis_bytes($host, $connection, $length);
        default:
            throw new RuntimeException("$host refuses: $rest");
    }
}

function redis_bytes(string $host, $connection, int $length): string
{
    $value = $length === 0 ? '' : stream_get_contents($connection, $length);
    if ($value === false || strlen($value) !== $length) {
        throw new RuntimeException("$host breaks off");
    }
    return $value;
}
