<?php

/** Loads the classes of php-amqplib, of its tests and of phpseclib, as Composer's file would. */

require_once 'phpseclib3/autoload.php';

spl_autoload_register(static function (string $class): void {
    $folders = ['PhpAmqpLib\\Tests\\' => 'tests/', 'PhpAmqpLib\\' => 'PhpAmqpLib/'];
    foreach ($folders as $prefix => $folder) {
        if (strncmp($class, $prefix, strlen($prefix)) !== 0) {
            continue;
        }
        $path = strtr(substr($class, strlen($prefix)), '\\', '/');
        $file = dirname(__DIR__) . '/' . $folder . $path . '.php';
        if (is_file($file)) {
            require_once $file;
            return;
        }
    }
});
