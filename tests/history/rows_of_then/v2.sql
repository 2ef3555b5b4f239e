INSERT INTO sessions VALUES (7, '2026-11-20T18:02:05+01:00', 1795194125.0, '2026-11-20', NULL, 'train', NULL, NULL,
    0, 0.0, 4, NULL, NULL, 'finished', NULL, NULL, '', 'WT901BLE');
INSERT INTO posture_minutes VALUES (7, 10.5, 1, 1, 1, 1, 1, 1);
INSERT INTO sets VALUES (3, 7, 'one-arm-row', 1, 20.0, 50.0, 9, 'left', 10, NULL, 8, 7, 7.5, 6, 0, 'key');
INSERT INTO reps VALUES (1, 3, 20, 21, 22, 12.5, 0.9, 1, 0, 1, -1.5, NULL), (2, 3, 22, 23, 24, 13.5, 0.9, 1, 0, 1, NULL, NULL);
INSERT INTO holds VALUES (1, 3, 40.0, 45.0, 0.5);
INSERT INTO corrections VALUES (1, 3, 51.0, 'count', 1);
INSERT INTO slouches VALUES (1, 7, 60.0, 90.0, 20.0, 1, 0, 0, NULL);
