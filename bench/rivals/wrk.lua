-- For wrk: the same request as the others send.
wrk.method = "POST"
wrk.body = '{"token":"a-token","admin_user_name":"demo","pageNo":1,"pageSize":1,"tableNo":"001"}'
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Accept"] = "application/json"
