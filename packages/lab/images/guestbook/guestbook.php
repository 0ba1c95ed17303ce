<?php
// guestbook.php?cmd=set&key=messages&value=TEXT writes to the master; cmd=get&key=messages reads from the slave.

require '../redis.php';

header('Content-Type: application/json');
header('Cache-Control: no-store');

try {
    $key = $_GET['key'] ?? 'messages';
    switch ($_GET['cmd'] ?? '') {
        case 'set':
            redis_set('redis-master', $key, $_GET['value'] ?? '');
            $answer = ['message' => 'Updated'];
            break;
        case 'get':
            $answer = ['data' => redis_get('redis-slave', $key)];
            break;
        default:
            http_response_code(400);
            $answer = ['error' => 'cmd is set or get'];
    }
} catch (RuntimeException $error) {
    http_response_code(503);
    $answer = ['error' => $error->getMessage()];
}

echo json_encode($answer + ['served_by' => gethostname()]), "\n";
