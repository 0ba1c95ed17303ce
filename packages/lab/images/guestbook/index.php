<?php
// The page: messages as the slave has them, one a line, and a form that writes to the master.

require '../redis.php';

const KEY = 'messages';
const MESSAGES_MAX = 100;

$problem = '';
$messages = '';
try {
    $messages = redis_get('redis-slave', KEY);
    $message = trim(str_replace("\n", ' ', $_POST['message'] ?? ''));
    if ($message !== '') {
        // What the master has: the slave may be a moment behind.
        $lines = array_filter(explode("\n", redis_get('redis-master', KEY)), 'strlen');
        $messages = implode("\n", array_slice([...$lines, $message], -MESSAGES_MAX));
        redis_set('redis-master', KEY, $messages);
        header('Location: /', true, 303);
    }
} catch (RuntimeException $error) {
    http_response_code(503);
    $problem = $error->getMessage();
}
?>
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Guestbook</title>
<style>
body { font: 1rem/1.5 sans-serif; margin: 3rem auto; max-width: 40rem; padding: 0 1rem; }
.problem { color: #b00020; }
footer { color: #777; margin-top: 2rem; }
</style>
</head>
<body>
<h1>Guestbook</h1>
<form method="post" action="/">
<input name="message" aria-label="Message" maxlength="200" autofocus>
<button>Submit</button>
</form>
<?php if ($problem !== ''): ?>
<p class="problem"><?= htmlspecialchars($problem) ?></p>
<?php endif ?>
<ul>
<?php foreach (array_filter(explode("\n", $messages), 'strlen') as $line): ?>
<li><?= htmlspecialchars($line) ?></li>
<?php endforeach ?>
</ul>
<footer>served by <?= htmlspecialchars(gethostname()) ?></footer>
</body>
</html>
