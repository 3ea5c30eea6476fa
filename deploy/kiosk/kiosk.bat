@echo off
rem Windows: put a shortcut to this file into shell:startup of the account that logs in automatically.
rem The server and the browser each start again when they end.
if "%~1"=="server" goto server
if "%~1"=="browser" goto browser
cd /d "%~dp0..\.."
start "kiosk-server" /min cmd /c ""%~f0" server"
start "kiosk-browser" /min cmd /c ""%~f0" browser"
exit /b
:server
cd /d "%~dp0..\.."
.venv\Scripts\python.exe -m assistant build
.venv\Scripts\python.exe app.py --kiosk
timeout /t 2 /nobreak >nul
goto server
:browser
curl -fsS -m 2 -o nul http://127.0.0.1:7860/health || (timeout /t 1 /nobreak >nul & goto browser)
set "EDGE=%ProgramFiles(x86)%\Microsoft\Edge\Application\msedge.exe"
start "" /wait "%EDGE%" --kiosk http://127.0.0.1:7860/ --edge-kiosk-type=fullscreen --inprivate --no-first-run --lang=zh-CN --disable-pinch --overscroll-history-navigation=0 --kiosk-printing --user-data-dir="%TEMP%\kiosk-profile"
rmdir /s /q "%TEMP%\kiosk-profile"
timeout /t 2 /nobreak >nul
goto browser
