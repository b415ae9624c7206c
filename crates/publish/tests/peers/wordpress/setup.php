<?php
// Sets a fresh WordPress up and prints an application password of its one account.
define('WP_INSTALLING', true);
$_SERVER['HTTP_HOST'] = '127.0.0.1';
$_SERVER['SERVER_PROTOCOL'] = 'HTTP/1.1';
$_SERVER['REQUEST_METHOD'] = 'GET';
require $argv[1] . '/wp-load.php';
require_once ABSPATH . 'wp-admin/includes/upgrade.php';
// No mail leaves a test.
add_filter('pre_wp_mail', '__return_false');
wp_install('Peer', 'desk', 'desk@example.org', true, '', 'throwaway');
list($password) = WP_Application_Passwords::create_new_application_password(1, array('name' => 'desk'));
echo "\n", $password, "\n";
